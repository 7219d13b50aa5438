#include "services/action/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/testing/databases.h"

namespace waymark::action {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Action MakeAction(const std::string& id, int64_t created,
                      v1::Action::State state = v1::Action::STATE_PLANNED,
                      const std::string& tenant = "demo") {
  v1::Action action;
  action.set_name(absl::StrCat("tenants/", tenant, "/actions/", id));
  action.set_state(state);
  action.mutable_create_time()->set_seconds(created);
  return action;
}

v1::Case MakeCase(const std::string& id, int64_t due) {
  v1::Case a_case;
  a_case.set_name(absl::StrCat("tenants/demo/cases/", id));
  a_case.set_state(v1::Case::STATE_OPEN);
  a_case.mutable_due_time()->set_seconds(due);
  return a_case;
}

v1::Programme MakeProgramme(const std::string& id) {
  v1::Programme programme;
  programme.set_name(absl::StrCat("tenants/demo/programmes/", id));
  return programme;
}

class StoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    url_ = testing::FreshDatabaseUrl(GetParam());
    Open();
  }

  void Open() {
    store_ = nullptr;
    auto store = Store::Open(url_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  template <typename Resource>
  bool Insert(Resource resource) {
    bool inserted = false;
    EXPECT_TRUE(store_
                    ->Write([&](Session& session) -> absl::Status {
                      WM_ASSIGN_OR_RETURN(inserted, session.Insert(resource));
                      return absl::OkStatus();
                    })
                    .ok());
    return inserted;
  }

  template <typename Resource>
  std::optional<Resource> Find(const std::string& name) {
    std::optional<Resource> found;
    EXPECT_TRUE(store_
                    ->Read([&](Session& session) -> absl::Status {
                      WM_ASSIGN_OR_RETURN(found, session.Find<Resource>(name));
                      return absl::OkStatus();
                    })
                    .ok());
    return found;
  }

  /// Ids in the order of the list, read `limit` at a time.
  template <typename Resource>
  std::vector<std::string> List(int state = 0, int64_t limit = 2) {
    std::vector<std::string> ids;
    ListPosition after;
    std::vector<Resource> page;
    do {
      const absl::Status status = store_->Read([&](Session& session) -> absl::Status {
        WM_ASSIGN_OR_RETURN(page, session.List<Resource>("demo", state, after, limit));
        return absl::OkStatus();
      });
      EXPECT_TRUE(status.ok()) << status;
      for (const Resource& resource : page) ids.push_back(PositionOf(resource).id);
      if (!page.empty()) after = PositionOf(page.back());
    } while (!page.empty() && !HasFailure());
    return ids;
  }

  std::optional<Answer<v1::Action>> FindAnswer(const std::string& request_id, absl::Time since,
                                               const std::string& tenant = "demo") {
    std::optional<Answer<v1::Action>> found;
    EXPECT_TRUE(store_
                    ->Read([&](Session& session) -> absl::Status {
                      WM_ASSIGN_OR_RETURN(
                          found, session.FindAnswer<v1::Action>(tenant, request_id, since));
                      return absl::OkStatus();
                    })
                    .ok());
    return found;
  }

  std::string url_;
  std::unique_ptr<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(Databases, StoreTest, ::testing::ValuesIn(testing::Backends()),
                         [](const auto& info) { return info.param; });

TEST_P(StoreTest, KeepsWhatWasInsertedAndRefusesASecondOfItsName) {
  EXPECT_TRUE(Insert(MakeAction("a1", 100)));
  EXPECT_FALSE(Insert(MakeAction("a1", 200)));
  Open();
  const auto found = Find<v1::Action>("tenants/demo/actions/a1");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->create_time().seconds(), 100);
  EXPECT_FALSE(found->etag().empty());
  EXPECT_FALSE(Find<v1::Action>("tenants/demo/actions/a2").has_value());
  EXPECT_FALSE(Find<v1::Action>("tenants/other/actions/a1").has_value());
  EXPECT_FALSE(Find<v1::Case>("tenants/demo/cases/a1").has_value());
}

TEST_P(StoreTest, ReplacesContentStateAndPlaceInTheList) {
  Insert(MakeCase("c1", 100));
  Insert(MakeCase("c2", 200));
  v1::Case moved = *Find<v1::Case>("tenants/demo/cases/c1");
  const std::string etag = moved.etag();
  moved.set_state(v1::Case::STATE_IN_PROGRESS);
  moved.mutable_due_time()->set_seconds(300);
  ASSERT_TRUE(store_->Write([&](Session& session) { return session.Replace(moved); }).ok());
  EXPECT_NE(Find<v1::Case>("tenants/demo/cases/c1")->etag(), etag);
  EXPECT_THAT(List<v1::Case>(), ElementsAre("c2", "c1"));
  EXPECT_THAT(List<v1::Case>(v1::Case::STATE_IN_PROGRESS), ElementsAre("c1"));
  EXPECT_THAT(List<v1::Case>(v1::Case::STATE_OPEN), ElementsAre("c2"));
}

TEST_P(StoreTest, ListsActionsTheNewestFirst) {
  Insert(MakeAction("old", 100));
  Insert(MakeAction("new", 300, v1::Action::STATE_DONE));
  Insert(MakeAction("middle-b", 200));
  Insert(MakeAction("middle-a", 200, v1::Action::STATE_DONE));
  Insert(MakeAction("middle-B", 200));
  Insert(MakeAction("foreign", 400, v1::Action::STATE_PLANNED, "other"));
  for (int64_t limit : {1, 2, 5, 50}) {
    EXPECT_THAT(List<v1::Action>(0, limit),
                ElementsAre("new", "middle-B", "middle-a", "middle-b", "old"));
    EXPECT_THAT(List<v1::Action>(v1::Action::STATE_DONE, limit), ElementsAre("new", "middle-a"));
  }
  EXPECT_THAT(List<v1::Action>(v1::Action::STATE_CANCELLED), IsEmpty());
}

TEST_P(StoreTest, ListsCasesByDueTimeAndProgrammesById) {
  Insert(MakeCase("late", 300));
  Insert(MakeCase("before-1970", -5));
  Insert(MakeCase("soon", 100));
  EXPECT_THAT(List<v1::Case>(), ElementsAre("before-1970", "soon", "late"));
  for (const char* id : {"b", "a", "C", "a-1"}) Insert(MakeProgramme(id));
  EXPECT_THAT(List<v1::Programme>(), ElementsAre("C", "a", "a-1", "b"));
}

TEST_P(StoreTest, RemembersAnAnswerUntilItIsDropped) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const v1::Action action = MakeAction("a1", 100);
  ASSERT_TRUE(
      store_
          ->Write([&](Session& session) {
            return session.KeepAnswer("demo", "r1", Answer<v1::Action>{"print", action}, now);
          })
          .ok());
  const auto found = FindAnswer("r1", now);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->fingerprint, "print");
  EXPECT_EQ(found->resource.name(), action.name());
  EXPECT_FALSE(FindAnswer("r1", now + absl::Microseconds(1)).has_value());
  EXPECT_FALSE(FindAnswer("r2", now).has_value());
  EXPECT_FALSE(FindAnswer("r1", now, "other").has_value());

  const auto drop_before = [&](absl::Time time) {
    return store_->Write([&](Session& session) { return session.DropAnswersBefore(time); });
  };
  ASSERT_TRUE(drop_before(now).ok());
  EXPECT_TRUE(FindAnswer("r1", now).has_value());
  ASSERT_TRUE(drop_before(now + absl::Microseconds(1)).ok());
  EXPECT_FALSE(FindAnswer("r1", absl::InfinitePast()).has_value());
}

}  // namespace
}  // namespace waymark::action
