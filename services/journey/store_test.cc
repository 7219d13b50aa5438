#include "services/journey/store.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/error.h"
#include "libs/testing/databases.h"

namespace waymark::journey {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    auto store = Store::Open(testing::FreshDatabaseUrl(GetParam()));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  void Write(Store::Function fn) { ASSERT_EQ(store_->Write(fn), absl::OkStatus()); }

  void PutTouchpoint(const std::string& tenant, const std::string& id) {
    Write([&](Session& session) {
      v1::Touchpoint touchpoint;
      touchpoint.set_name("tenants/" + tenant + "/touchpoints/" + id);
      return session.Put(touchpoint);
    });
  }

  std::vector<std::string> ListTouchpoints(const std::string& tenant, const std::string& after,
                                           int64_t limit) {
    std::vector<std::string> names;
    Write([&](Session& session) -> absl::Status {
      WM_ASSIGN_OR_RETURN(const auto found, session.List<v1::Touchpoint>(tenant, after, limit));
      for (const v1::Touchpoint& touchpoint : found) names.push_back(touchpoint.name());
      return absl::OkStatus();
    });
    return names;
  }

  std::vector<std::string> Pending() {
    std::vector<std::string> tenants;
    Write([&](Session& session) -> absl::Status {
      WM_ASSIGN_OR_RETURN(tenants, session.PendingCatalogues());
      return absl::OkStatus();
    });
    return tenants;
  }

  std::unique_ptr<Store> store_;
};

TEST_P(StoreTest, KeepsResourcesByTenantAndId) {
  Write([&](Session& session) -> absl::Status {
    v1::Persona persona;
    persona.set_name("tenants/demo/personas/ann");
    persona.add_goals("zero \0 byte", 11);
    WM_RETURN_IF_ERROR(session.Put(persona));
    EXPECT_FALSE(persona.etag().empty());
    WM_ASSIGN_OR_RETURN(const auto found, session.Find<v1::Persona>(persona.name()));
    EXPECT_EQ(found->SerializeAsString(), persona.SerializeAsString());
    WM_ASSIGN_OR_RETURN(const auto foreign, session.Find<v1::Persona>("tenants/acme/personas/ann"));
    EXPECT_FALSE(foreign.has_value());
    WM_RETURN_IF_ERROR(session.Remove<v1::Persona>(persona.name()));
    WM_ASSIGN_OR_RETURN(const auto removed, session.Find<v1::Persona>(persona.name()));
    EXPECT_FALSE(removed.has_value());
    return absl::OkStatus();
  });
}

TEST_P(StoreTest, ListsInByteOrderWhateverTheLocale) {
  for (const char* id : {"b", "B", "a-1", "a", "a.1", "a_1", "Z"}) PutTouchpoint("demo", id);
  PutTouchpoint("acme", "c");
  const std::string prefix = "tenants/demo/touchpoints/";
  EXPECT_THAT(ListTouchpoints("demo", "", 3),
              ElementsAre(prefix + "B", prefix + "Z", prefix + "a"));
  EXPECT_THAT(ListTouchpoints("demo", "a", 10),
              ElementsAre(prefix + "a-1", prefix + "a.1", prefix + "a_1", prefix + "b"));
}

TEST_P(StoreTest, FindForChangeComparesEtags) {
  PutTouchpoint("demo", "desk");
  const std::string name = "tenants/demo/touchpoints/desk";
  Write([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(const auto found, session.FindForChange<v1::Touchpoint>(name, ""));
    EXPECT_TRUE(session.FindForChange<v1::Touchpoint>(name, found->etag()).ok());
    const absl::Status status = session.FindForChange<v1::Touchpoint>(name, "\"other\"").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
    EXPECT_EQ(GetErrorDetails(status)->reason, "ETAG_MISMATCH");
    return absl::OkStatus();
  });
}

TEST_P(StoreTest, KeepsRevisionsAndWhatTheLatestUses) {
  const std::string name = "tenants/demo/journeyMaps/m";
  const std::string desk = "tenants/demo/touchpoints/desk";
  const std::string gate = "tenants/demo/touchpoints/gate";
  Write([&](Session& session) -> absl::Status {
    v1::JourneyMap map;
    map.set_name(name);
    map.set_revision(1);
    WM_RETURN_IF_ERROR(session.Put(map));
    WM_RETURN_IF_ERROR(session.PutRevision(map, {desk}));
    map.set_revision(2);
    WM_RETURN_IF_ERROR(session.Put(map));
    WM_RETURN_IF_ERROR(session.PutRevision(map, {gate}));

    WM_ASSIGN_OR_RETURN(const auto latest, session.Find<v1::JourneyMap>(name));
    EXPECT_EQ(latest->revision(), 2);
    WM_ASSIGN_OR_RETURN(const auto first, session.FindRevision(name, 1));
    EXPECT_EQ(first->revision(), 1);
    WM_ASSIGN_OR_RETURN(const auto desk_users, session.MapsThatUse(desk, 5));
    EXPECT_THAT(desk_users, IsEmpty());
    WM_ASSIGN_OR_RETURN(const auto gate_users, session.MapsThatUse(gate, 5));
    EXPECT_THAT(gate_users, ElementsAre(name));

    WM_RETURN_IF_ERROR(session.Remove<v1::JourneyMap>(name));
    WM_ASSIGN_OR_RETURN(const auto gone, session.FindRevision(name, 1));
    EXPECT_FALSE(gone.has_value());
    WM_ASSIGN_OR_RETURN(const auto users, session.MapsThatUse(gate, 5));
    EXPECT_THAT(users, IsEmpty());
    return absl::OkStatus();
  });
}

TEST_P(StoreTest, ACatalogueIsPendingUntilItsLatestRevisionIsAcknowledged) {
  const auto raise = [&](int64_t floor) {
    Write([&](Session& session) { return session.RaiseCatalogueRevision("demo", floor); });
  };
  const auto acknowledge = [&](int64_t revision) {
    Write([&](Session& session) { return session.AcknowledgeCatalogue("demo", revision); });
  };
  EXPECT_THAT(Pending(), IsEmpty());
  raise(10);
  raise(5);
  EXPECT_THAT(Pending(), ElementsAre("demo"));
  acknowledge(10);
  EXPECT_THAT(Pending(), ElementsAre("demo"));
  acknowledge(11);
  acknowledge(10);
  EXPECT_THAT(Pending(), IsEmpty());
  raise(20);
  Write([&](Session& session) -> absl::Status {
    EXPECT_EQ(*session.CatalogueRevision("demo"), 20);
    EXPECT_EQ(*session.CatalogueRevision("acme"), 0);
    return absl::OkStatus();
  });
}

TEST_P(StoreTest, SurvivesBeingOpenedAgain) {
  const std::string url = testing::FreshDatabaseUrl(GetParam());
  store_ = *Store::Open(url);
  PutTouchpoint("demo", "desk");
  store_.reset();
  store_ = *Store::Open(url);
  EXPECT_THAT(ListTouchpoints("demo", "", 10), ElementsAre("tenants/demo/touchpoints/desk"));
}

INSTANTIATE_TEST_SUITE_P(Databases, StoreTest, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace waymark::journey
