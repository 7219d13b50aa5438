// What all resources have in common (https://google.aip.dev): names, etags, update masks, paging,
// creation that can be repeated.
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "tests/api/messages.h"
#include "tests/api/server.h"

namespace waymark::api_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// One kind of resource and how it is written.
struct Kind {
  std::string noun;        // of its RPCs: GetPersona
  std::string plural;      // of its list: ListPersonas
  std::string field;       // of requests that hold one
  std::string collection;  // of its names
  std::string not_found;   // reason
  std::string example;     // what a valid one needs, in text format
  std::string kept;        // a text field that is in the example
  std::string changed;     // another text field that is not
  bool has_create;         // else it is made by an update with allow_missing
  bool has_delete;
  bool by_id;  // whether lists are in the order of ids
};

const Kind kKinds[] = {
    {"Touchpoint", "Touchpoints", "touchpoint", "touchpoints", "TOUCHPOINT_NOT_FOUND",
     "display_name: 'Desk' rules { activity: 'arrive' }", "display_name", "channel", false, true,
     true},
    {"Persona", "Personas", "persona", "personas", "PERSONA_NOT_FOUND",
     "display_name: 'Ann' goals: 'rest' membership { key: 'segment' values: 'smb' }",
     "display_name", "description", false, true, true},
    {"JourneyMap", "JourneyMaps", "journey_map", "journeyMaps", "JOURNEY_MAP_NOT_FOUND",
     "display_name: 'Stay' stages { id: 's' steps { id: 'p' touchpoint: 'below-maps' } }",
     "display_name", "owner", false, true, true},
    {"Programme", "Programmes", "programme", "programmes", "PROGRAMME_NOT_FOUND",
     "display_name: 'Better' phases { kind: PHASE_KIND_DISCOVERY exit_criteria: 'known' "
     "budget { currency_code: 'EUR' micros: 1500000 } }",
     "display_name", "owner", true, false, true},
    {"Action", "Actions", "action", "actions", "ACTION_NOT_FOUND",
     "display_name: 'Mend it' due_date: '2027-01-31'", "display_name", "owner", true, false, false},
    {"Case", "Cases", "case", "cases", "CASE_NOT_FOUND",
     "customer: 'ann' due_time { seconds: 4000000000 }", "customer", "owner", true, false, false},
};

class ResourceTest : public ApiTest, public ::testing::WithParamInterface<Kind> {
 protected:
  ResourceTest() {
    if (GetParam().noun == "JourneyMap") {
      client_.Send("UpdateTouchpoint",
                   "touchpoint { name: '$0/touchpoints/below-maps' } allow_missing: true");
    }
  }

  std::string Name(const std::string& id) const {
    return absl::StrCat(client_.parent(), "/", GetParam().collection, "/", id);
  }
  Reply Make(const std::string& id) const { return Make(id, GetParam().example); }
  Reply Make(const std::string& id, const std::string& body) const {
    const Kind& kind = GetParam();
    if (!kind.has_create) return Update(id, body, "allow_missing: true");
    return client_.Send("Create" + kind.noun,
                        absl::StrCat("parent: '$0' ", kind.field, "_id: '", id, "' ", kind.field,
                                     " { ", body, " }"));
  }
  Reply Read(const std::string& id) const {
    return client_.Send("Get" + GetParam().noun, absl::StrCat("name: '", Name(id), "'"));
  }
  Reply Update(const std::string& id, const std::string& body, const std::string& more = "") const {
    return client_.Send(
        "Update" + GetParam().noun,
        absl::StrCat(GetParam().field, " { name: '", Name(id), "' ", body, " } ", more));
  }
  Reply Delete(const std::string& id, const std::string& more = "") const {
    return client_.Send("Delete" + GetParam().noun, absl::StrCat("name: '", Name(id), "' ", more));
  }
  Reply List(int page_size, const std::string& token = "") const {
    return ListAs(client_, page_size, token);
  }
  static Reply ListAs(const Client& client, int page_size, const std::string& token) {
    return client.Send(
        "List" + GetParam().plural,
        absl::Substitute("parent: '$$0' page_size: $0 page_token: '$1'", page_size, token));
  }
  // Everything, page by page; 0 leaves the size to the server.
  std::vector<std::string> ListAll(int page_size) const {
    std::vector<std::string> all;
    std::string token;
    do {
      const Reply page = List(page_size, token);
      EXPECT_THAT(page.status, IsOk());
      if (!page.status.ok()) break;
      const std::vector<std::string> items = Items(*page.body);
      EXPECT_TRUE(page_size == 0 || items.size() <= static_cast<size_t>(page_size));
      all.insert(all.end(), items.begin(), items.end());
      token = Text(*page.body, "next_page_token");
    } while (!token.empty() && all.size() < 1000);
    return all;
  }
  std::string Set(const std::string& field, const std::string& value) const {
    return absl::StrCat(field, ": '", value, "' ");
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, ResourceTest, ::testing::ValuesIn(kKinds),
                         [](const auto& info) { return info.param.noun; });

TEST_P(ResourceTest, IsReadAndListedAsItWasMade) {
  const Reply made = Make("a");
  ASSERT_THAT(made.status, IsOk());
  EXPECT_EQ(Text(*made.body, "name"), Name("a"));
  EXPECT_NE(Text(*made.body, "etag"), "");
  EXPECT_THAT(made.body->DebugString(), HasSubstr("create_time"));
  EXPECT_EQ(Read("a").body->DebugString(), made.body->DebugString());
  EXPECT_THAT(ListAll(0), ElementsAre(made.body->ShortDebugString()));
}

TEST_P(ResourceTest, ThatIsMissingIsMadeOnlyWhenThatIsAllowed) {
  const Reply refused = Update("a", GetParam().example);
  EXPECT_THAT(refused.status, Fails(grpc::NOT_FOUND, GetParam().not_found));
  EXPECT_THAT(Read("a").status, Fails(grpc::NOT_FOUND, GetParam().not_found));
  EXPECT_THAT(Make("a").status, IsOk());
  EXPECT_THAT(Update("a", GetParam().example).status, IsOk());
}

TEST_P(ResourceTest, IsChangedOnlyWithItsCurrentEtag) {
  const Kind& kind = GetParam();
  const Reply made = Make("a");
  ASSERT_THAT(made.status, IsOk());
  const std::string first = Set("etag", Text(*made.body, "etag"));
  const std::string mask = absl::StrCat("update_mask { paths: '", kind.changed, "' }");
  const Reply changed = Update("a", first + Set(kind.changed, "one"), mask);
  ASSERT_THAT(changed.status, IsOk());
  EXPECT_NE(Text(*changed.body, "etag"), Text(*made.body, "etag"));

  const Reply late = Update("a", first + Set(kind.changed, "two"), mask);
  EXPECT_THAT(late.status, Fails(grpc::ABORTED, "ETAG_MISMATCH"));
  EXPECT_EQ(ErrorInfoOf(late.status).domain(), "waymark");
  EXPECT_EQ(Text(*Read("a").body, kind.changed), "one");

  EXPECT_THAT(
      Update("a", Set("etag", Text(*changed.body, "etag")) + Set(kind.changed, "two"), mask).status,
      IsOk());
  EXPECT_THAT(Update("a", Set(kind.changed, "three"), mask).status, IsOk());
  EXPECT_EQ(Text(*Read("a").body, kind.changed), "three");
}

TEST_P(ResourceTest, ChangedByManyWithOneEtagIsChangedOnce) {
  const Kind& kind = GetParam();
  const std::string etag = Set("etag", Text(*Make("a").body, "etag"));
  constexpr int kCallers = 8;
  std::atomic<int> changed = 0, refused = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      const Reply reply = Update("a", etag + Set(kind.changed, absl::StrCat("by ", i)),
                                 absl::StrCat("update_mask { paths: '", kind.changed, "' }"));
      changed += reply.status.ok();
      refused += ErrorInfoOf(reply.status).reason() == "ETAG_MISMATCH";
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(changed, 1);
  EXPECT_EQ(refused, kCallers - 1);
}

TEST_P(ResourceTest, AMaskSaysWhatChanges) {
  const Kind& kind = GetParam();
  const Reply made = Make("a");
  ASSERT_THAT(made.status, IsOk());
  const std::string both = Set(kind.kept, "other") + Set(kind.changed, "new");
  const Reply one = Update("a", both, absl::StrCat("update_mask { paths: '", kind.changed, "' }"));
  ASSERT_THAT(one.status, IsOk());
  EXPECT_EQ(Text(*one.body, kind.kept), Text(*made.body, kind.kept));
  EXPECT_EQ(Text(*one.body, kind.changed), "new");

  for (const char* mask : {"", "update_mask { paths: '*' }"}) {
    ASSERT_THAT(Update("a", Set(kind.changed, "new"),
                       absl::StrCat("update_mask { paths: '", kind.changed, "' }"))
                    .status,
                IsOk());
    const Reply all = Update("a", kind.example, mask);
    ASSERT_THAT(all.status, IsOk());
    EXPECT_EQ(Text(*all.body, kind.changed), "") << "a whole update clears what it leaves out";
  }
}

TEST_P(ResourceTest, AMaskNamesFieldsThatThereAre) {
  ASSERT_THAT(Make("a").status, IsOk());
  const grpc::Status status = Update("a", "", "update_mask { paths: 'colour' }").status;
  EXPECT_THAT(status, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(status.error_message(), HasSubstr("colour"));
}

TEST_P(ResourceTest, WhatTheServerSetsCannotBeChanged) {
  const Reply made = Make("a");
  ASSERT_THAT(made.status, IsOk());
  const Reply changed =
      Update("a", "create_time { seconds: 1 } update_time { seconds: 1 }",
             "update_mask { paths: 'create_time' paths: 'update_time' paths: 'name' }");
  ASSERT_THAT(changed.status, IsOk());
  EXPECT_EQ(changed.body->DebugString(), made.body->DebugString());
}

TEST_P(ResourceTest, AnUpdateThatChangesNothingLeavesTheEtag) {
  const Reply made = Make("a");
  ASSERT_THAT(made.status, IsOk());
  EXPECT_EQ(Update("a", GetParam().example).body->DebugString(), made.body->DebugString());
}

TEST_P(ResourceTest, PageByPageIsTheSameAsAllAtOnce) {
  for (const char* id : {"c", "a", "e", "B", "d"}) ASSERT_THAT(Make(id).status, IsOk());
  const std::vector<std::string> all = ListAll(100);
  EXPECT_THAT(all, SizeIs(5));
  EXPECT_EQ(ListAll(1), all);
  EXPECT_EQ(ListAll(2), all);
  EXPECT_EQ(ListAll(5), all);
  EXPECT_EQ(ListAll(0), all);
  if (!GetParam().by_id) return;
  int i = 0;
  for (const char* id : {"B", "a", "c", "d", "e"}) EXPECT_THAT(all[i++], HasSubstr(Name(id)));
}

TEST_P(ResourceTest, APageTokenFitsItsOwnRequestOnly) {
  ASSERT_THAT(Make("a").status, IsOk());
  ASSERT_THAT(Make("b").status, IsOk());
  const Reply first = List(1);
  ASSERT_THAT(first.status, IsOk());
  const std::string token = Text(*first.body, "next_page_token");
  ASSERT_NE(token, "");
  EXPECT_THAT(List(50, token).status, IsOk()) << "the size of a page may change";
  const Client other(server_, server_->NewTenant());
  EXPECT_THAT(ListAs(other, 1, token).status, Fails(grpc::INVALID_ARGUMENT, "PAGE_TOKEN_MISMATCH"));
  std::string damaged = token;
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_THAT(List(1, damaged).status, Fails(grpc::INVALID_ARGUMENT, "PAGE_TOKEN_INVALID"));
}

TEST_P(ResourceTest, ANameHasValidIds) {
  for (const char* id : {"", "a/b", "a b", "\xc3\xa9"}) {
    EXPECT_THAT(Read(id).status, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD")) << id;
  }
  EXPECT_THAT(Read(std::string(129, 'a')).status, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(Make(std::string(128, 'a')).status, IsOk());
}

TEST_P(ResourceTest, IsDeletedWithItsCurrentEtagAndReturnedAsItWas) {
  if (!GetParam().has_delete) return;
  const Reply made = Make("a");
  ASSERT_THAT(made.status, IsOk());
  EXPECT_THAT(Delete("a", "etag: 'stale'").status, Fails(grpc::ABORTED, "ETAG_MISMATCH"));
  const Reply deleted = Delete("a", Set("etag", Text(*made.body, "etag")));
  ASSERT_THAT(deleted.status, IsOk());
  EXPECT_EQ(deleted.body->DebugString(), made.body->DebugString());
  EXPECT_THAT(Read("a").status, Fails(grpc::NOT_FOUND, GetParam().not_found));
  EXPECT_THAT(Delete("a").status, Fails(grpc::NOT_FOUND, GetParam().not_found));
  EXPECT_THAT(ListAll(0), IsEmpty());
}

class CreatedResourceTest : public ResourceTest {
 protected:
  Reply Create(const std::string& request_id, const std::string& more = "",
               const std::string& rest = "") const {
    const Kind& kind = GetParam();
    return client_.Send("Create" + kind.noun,
                        absl::StrCat("parent: '$0' request_id: '", request_id, "' ", kind.field,
                                     " { ", kind.example, " ", more, " } ", rest));
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, CreatedResourceTest, ::testing::ValuesIn(kKinds + 3, kKinds + 6),
                         [](const auto& info) { return info.param.noun; });

TEST_P(CreatedResourceTest, GetsAnIdWhenItBringsNone) {
  const Reply one = Make(""), two = Make("");
  ASSERT_THAT(one.status, IsOk());
  ASSERT_THAT(two.status, IsOk());
  EXPECT_NE(Text(*one.body, "name"), Text(*two.body, "name"));
  EXPECT_THAT(ListAll(0), SizeIs(2));
}

TEST_P(CreatedResourceTest, IsNotMadeTwiceUnderOneId) {
  ASSERT_THAT(Make("a").status, IsOk());
  const Reply again = Make("a");
  EXPECT_THAT(again.status, Fails(grpc::ALREADY_EXISTS, "ALREADY_EXISTS"));
  EXPECT_THAT(again.status.error_message(), HasSubstr(Name("a")));
}

TEST_P(CreatedResourceTest, ARepeatedRequestIdAnswersWhatTheFirstMade) {
  const Reply first = Create("r-1");
  ASSERT_THAT(first.status, IsOk());
  const std::string name = Text(*first.body, "name");
  ASSERT_THAT(Update(name.substr(name.rfind('/') + 1), Set(GetParam().changed, "new"),
                     absl::StrCat("update_mask { paths: '", GetParam().changed, "' }"))
                  .status,
              IsOk());
  const Reply again = Create("r-1");
  ASSERT_THAT(again.status, IsOk());
  EXPECT_EQ(again.body->DebugString(), first.body->DebugString());
  EXPECT_THAT(ListAll(0), SizeIs(1));
  EXPECT_NE(Text(*Create("r-2").body, "name"), name);
}

TEST_P(CreatedResourceTest, ARequestIdIsOfOneRequest) {
  ASSERT_THAT(Create("r-1").status, IsOk());
  EXPECT_THAT(Create("r-1", Set(GetParam().changed, "different")).status,
              Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(ListAll(0), SizeIs(1));
}

TEST_P(CreatedResourceTest, ManyCallersWithOneRequestIdMakeOne) {
  constexpr int kCallers = 8;
  std::vector<std::string> names(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      const Reply reply = Create("r-1");
      if (reply.status.ok()) names[i] = Text(*reply.body, "name");
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(names, ::testing::Each(names[0]));
  EXPECT_NE(names[0], "");
  EXPECT_THAT(ListAll(0), SizeIs(1));
}

using ModelTest = ApiTest;

constexpr char kMap[] = R"(name: '$0/journeyMaps/m' persona: '$0/personas/p'
                           stages { id: 's' steps { id: 'one' touchpoint: 'desk' } })";

TEST_F(ModelTest, WhatAJourneyMapUsesIsThereAndStays) {
  const std::string make = absl::StrCat("journey_map { ", kMap, " } allow_missing: true");
  EXPECT_THAT(client_.Send("UpdateJourneyMap", make).status,
              Fails(grpc::NOT_FOUND, "TOUCHPOINT_NOT_FOUND"));
  client_.Send("UpdateTouchpoint",
               "touchpoint { name: '$0/touchpoints/desk' } allow_missing: true");
  EXPECT_THAT(client_.Send("UpdateJourneyMap", make).status,
              Fails(grpc::NOT_FOUND, "PERSONA_NOT_FOUND"));
  client_.Send("UpdatePersona", "persona { name: '$0/personas/p' } allow_missing: true");
  EXPECT_THAT(client_.Send("UpdateJourneyMap", make).status, IsOk());

  for (const auto& [method, name] : {std::pair("DeleteTouchpoint", "touchpoints/desk"),
                                     std::pair("DeletePersona", "personas/p")}) {
    const std::string request = absl::StrCat("name: '$0/", name, "'");
    const grpc::Status in_use = client_.Send(method, request).status;
    EXPECT_THAT(in_use, Fails(grpc::FAILED_PRECONDITION, "IN_USE"));
    EXPECT_THAT(in_use.error_message(), HasSubstr(client_.parent() + "/journeyMaps/m"));
  }
  EXPECT_THAT(client_.Send("DeleteJourneyMap", "name: '$0/journeyMaps/m'").status, IsOk());
  EXPECT_THAT(client_.Send("DeleteTouchpoint", "name: '$0/touchpoints/desk'").status, IsOk());
  EXPECT_THAT(client_.Send("DeletePersona", "name: '$0/personas/p'").status, IsOk());
}

TEST_F(ModelTest, EachRevisionOfAJourneyMapStaysReadable) {
  client_.Send("UpdateTouchpoint",
               "touchpoint { name: '$0/touchpoints/desk' } allow_missing: true");
  const auto update = [&](const std::string& owner) {
    return client_.Send("UpdateJourneyMap",
                        absl::StrCat("journey_map { name: '$0/journeyMaps/m' owner: '", owner,
                                     "' stages { id: 's' steps { id: 'one' touchpoint: 'desk' } } }"
                                     " allow_missing: true"));
  };
  for (const char* owner : {"ann", "bob", "bob", "cyd"}) {
    ASSERT_THAT(update(owner).status, IsOk());
  }
  const auto owner_in = [&](int revision) {
    const Reply read = client_.Send("GetJourneyMap",
                                    absl::StrCat("name: '$0/journeyMaps/m' revision: ", revision));
    EXPECT_THAT(read.status, IsOk());
    return read.status.ok() ? Text(*read.body, "owner") : "";
  };
  EXPECT_EQ(owner_in(1), "ann");
  EXPECT_EQ(owner_in(2), "bob");
  EXPECT_EQ(owner_in(3), "cyd");
  EXPECT_EQ(owner_in(0), "cyd");
  EXPECT_THAT(client_.Send("GetJourneyMap", "name: '$0/journeyMaps/m' revision: 4").status,
              Fails(grpc::NOT_FOUND, "JOURNEY_MAP_NOT_FOUND"));
}

TEST_F(ModelTest, AnOverlayIsAboutStepsOfItsMap) {
  client_.Send("UpdateTouchpoint",
               "touchpoint { name: '$0/touchpoints/desk' } allow_missing: true");
  ASSERT_THAT(client_
                  .Send("UpdateJourneyMap",
                        "journey_map { name: '$0/journeyMaps/m' display_name: 'A <stay>' stages { "
                        "id: 's' steps { id: 'one' display_name: 'Arrive' touchpoint: 'desk' } } } "
                        "allow_missing: true")
                  .status,
              IsOk());
  const Reply drawn =
      client_.Send("RenderJourneyMap",
                   "name: '$0/journeyMaps/m' overlay { steps { step: 'one' score { value: 40 "
                   "lower: 35 upper: 45 "
                   "n: 50 confidence: 0.95 } pain_point: true quotes: 'too <slow>' } }");
  ASSERT_THAT(drawn.status, IsOk());
  const std::string svg = Text(*drawn.body, "svg");
  EXPECT_THAT(svg, HasSubstr("<svg"));
  EXPECT_THAT(svg, HasSubstr("Arrive"));
  EXPECT_THAT(svg, HasSubstr("A &lt;stay"));
  EXPECT_THAT(svg, ::testing::Not(HasSubstr("<slow>")));
  const grpc::Status unknown =
      client_.Send("RenderJourneyMap", "name: '$0/journeyMaps/m' overlay { steps { step: 'two' } }")
          .status;
  EXPECT_THAT(unknown, Fails(grpc::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_THAT(unknown.error_message(), HasSubstr("two"));
}

}  // namespace
}  // namespace waymark::api_test
