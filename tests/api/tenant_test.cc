// The security boundary: whoever may not, gets one and the same answer, whatever there is behind
// it.
#include "absl/strings/str_cat.h"
#include "tests/api/messages.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"

namespace waymark::api_test {
namespace {

using ::google::protobuf::Message;
using ::google::protobuf::MethodDescriptor;

class TenantTest : public ApiTest {
 protected:
  TenantTest() : foreign_(server_, server_->NewTenant()) {}

  grpc::Status CallAbout(const MethodDescriptor& method, const std::string& name,
                         const Metadata& metadata) {
    const auto request = server_->schema().New(method.input_type());
    EXPECT_TRUE(SetResourceName(name, request.get())) << method.full_name();
    const auto response = server_->schema().New(method.output_type());
    return Call(*server_, method, metadata, *request, response.get());
  }

  static void ExpectSame(const grpc::Status& status, const grpc::Status& expected,
                         const std::string& what) {
    EXPECT_EQ(status.error_code(), expected.error_code()) << what;
    EXPECT_EQ(status.error_message(), expected.error_message()) << what;
    EXPECT_EQ(status.error_details(), expected.error_details()) << what;
  }

  // What everybody is answered who may not.
  grpc::Status Denial() {
    return CallAbout(*server_->schema().Method("JourneyService.GetPersona"),
                     "tenants/nobody/personas/p", {{"waymark-tenant", client_.tenant()}});
  }

  Client foreign_;
};

TEST_F(TenantTest, EveryRpcDeniesUnknownForeignAndMissingTenantsAlike) {
  const grpc::Status denial = Denial();
  ASSERT_THAT(denial, Fails(grpc::PERMISSION_DENIED, "TENANT_DENIED"));
  const Metadata mine = {{"waymark-tenant", client_.tenant()}};
  const std::vector<std::pair<std::string, Metadata>> attempts = {
      {"tenants/nobody", mine},
      {"tenants/nobody/personas/p", mine},
      {foreign_.parent(), mine},
      {foreign_.parent() + "/personas/p", mine},
      {"tenants/-", mine},
      {"tenants/", mine},
      {"", mine},
      {client_.parent() + "x", mine},
      {"tenants/nobody", {{"waymark-tenant", "nobody"}}},
      {client_.parent(), {{"waymark-tenant", "nobody"}}},
      {client_.parent(), {{"waymark-tenant", ""}}},
      {client_.parent(), {{"waymark-tenant", foreign_.tenant()}}},
      {client_.parent(), {}},
      {client_.parent(),
       {{"waymark-tenant", client_.tenant()}, {"waymark-tenant", foreign_.tenant()}}},
      {"tenants/-", {{"waymark-tenant", "-"}}},
      {"tenants/-", {}},
      {"", {}}};
  const auto methods = server_->schema().Methods();
  ASSERT_GT(methods.size(), 30u);
  for (const MethodDescriptor* method : methods) {
    for (const auto& [name, metadata] : attempts) {
      std::string what = absl::StrCat(method->full_name(), " about '", name, "' as");
      for (const auto& [key, value] : metadata) absl::StrAppend(&what, " '", value, "'");
      ExpectSame(CallAbout(*method, name, metadata), denial, what);
    }
  }
}

TEST_F(TenantTest, WhatExistsIsDeniedLikeWhatDoesNot) {
  ASSERT_THAT(
      foreign_.Send("UpdatePersona", "persona { name: '$0/personas/p' } allow_missing: true")
          .status,
      IsOk());
  const grpc::Status denial = Denial();
  for (const char* id : {"p", "q"}) {
    const std::string name = absl::StrCat(foreign_.parent(), "/personas/", id);
    ExpectSame(client_.Send("GetPersona", absl::StrCat("name: '", name, "'")).status, denial, name);
    ExpectSame(client_.Send("DeletePersona", absl::StrCat("name: '", name, "'")).status, denial,
               name);
    ExpectSame(client_
                   .Send("UpdatePersona",
                         absl::StrCat("persona { name: '", name, "' display_name: 'mine' }"))
                   .status,
               denial, name);
  }
  EXPECT_THAT(foreign_.Send("GetPersona", "name: '$0/personas/p'").status, IsOk());
}

TEST_F(TenantTest, IsAskedForBeforeTheRequestIsChecked) {
  feedback::v1::IngestRequest invalid;
  invalid.set_parent(foreign_.parent());
  feedback::v1::IngestResponse response;
  ExpectSame(client_.Try(invalid, &response), Denial(), "an empty batch");
}

TEST_F(TenantTest, OnlyTheServiceRoleFollowsTheFeedOfAllTenants) {
  Ingest(client_, {Visit("v", "ann", "arrive")});
  Ingest(foreign_, {Visit("v", "bob", "arrive")});
  const Metadata service = {{"waymark-tenant", "-"}, {"waymark-role", "service"}};
  EXPECT_THAT(
      CallAbout(*server_->schema().Method("FeedbackService.PullFeed"), "tenants/-", service),
      IsOk());
  for (const MethodDescriptor* method : server_->schema().Methods()) {
    if (method->name() == "PullFeed") continue;
    ExpectSame(CallAbout(*method, "tenants/-", service), Denial(), method->full_name());
  }
}

TEST_F(TenantTest, SeesNothingOfOthers) {
  const auto theirs_end =
      Ingest(foreign_, {Visit("v", "bob", "arrive"), feedback::v1::Signal()}).position();
  const std::string end = absl::StrCat(" min_position: '", theirs_end, "'");
  ASSERT_THAT(
      foreign_.Send("UpdatePersona", "persona { name: '$0/personas/p' } allow_missing: true")
          .status,
      IsOk());
  EXPECT_TRUE(PullAll(client_).empty());
  for (const std::string list :
       {"ListSources", "ListQuarantinedSignals", "ListPersonas", "ListSignals"}) {
    const std::string request = absl::StrCat("parent: '$0'", list == "ListSignals" ? end : "");
    const Reply theirs = foreign_.Send(list, request);
    const Reply ours = client_.Send(list, request);
    ASSERT_THAT(theirs.status, IsOk());
    ASSERT_THAT(ours.status, IsOk());
    EXPECT_EQ(Items(*theirs.body).size(), 1u) << list;
    EXPECT_TRUE(Items(*ours.body).empty()) << list;
  }
  // Not by their ids either.
  const char* const get = "parent: '$0' source: 'web' external_id: 'v'";
  EXPECT_THAT(foreign_.Send("GetSignal", get).status, IsOk());
  EXPECT_THAT(client_.Send("GetSignal", get).status, Fails(grpc::NOT_FOUND, "SIGNAL_NOT_FOUND"));
  const std::string statistics = absl::StrCat("name: '$0/sources/web/statistics'", end);
  EXPECT_THAT(foreign_.Send("GetSourceStatistics", statistics).status, IsOk());
  EXPECT_THAT(client_.Send("GetSourceStatistics", statistics).status,
              Fails(grpc::NOT_FOUND, "SOURCE_NOT_FOUND"));
}

}  // namespace
}  // namespace waymark::api_test
