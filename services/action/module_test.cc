#include "services/action/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/rpc/channel.h"
#include "libs/rpc/server_host.h"
#include "libs/testing/databases.h"
#include "waymark/scoring/v1/scoring_service.grpc.pb.h"

namespace waymark::action {
namespace {

using scoring::v1::ScoringService;
using ::testing::HasSubstr;

constexpr char kMap[] = "tenants/demo/journeyMaps/buy";

/// A scoring service that has five priorities and gives two of them a page.
class FakeScoringService : public ScoringService::Service {
 public:
  grpc::Status ListPriorities(grpc::ServerContext*,
                              const scoring::v1::ListPrioritiesRequest* request,
                              scoring::v1::ListPrioritiesResponse* response) override {
    if (request->parent() != kMap) return {grpc::UNAVAILABLE, "try elsewhere"};
    const int begin = request->page_token().empty() ? 1 : std::stoi(request->page_token());
    for (int i = begin; i < begin + 2 && i <= 5; ++i) {
      scoring::v1::Priority& priority = *response->add_priorities();
      priority.set_name(absl::StrCat(kMap, "/priorities/p", i));
      priority.set_title(absl::StrCat("Problem ", i));
      priority.set_step("pay");
    }
    if (begin + 2 <= 5) response->set_next_page_token(absl::StrCat(begin + 2));
    return grpc::Status::OK;
  }

  grpc::Status GetScoreReport(grpc::ServerContext*,
                              const scoring::v1::GetScoreReportRequest* request,
                              scoring::v1::ScoreReport* response) override {
    EXPECT_EQ(request->name(), kMap);
    response->mutable_baseline()->set_value(70);
    scoring::v1::StepScore& step = *response->add_steps();
    step.set_step("pay");
    step.mutable_score()->set_value(request->time_range().has_end_time() ? 30 : 50);
    step.mutable_score()->set_n(12);
    return grpc::Status::OK;
  }
};

class ActionModuleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    tenants_ = *rpc::TenantRegistry::Load("");
    Options options;
    options.database = testing::FreshDatabaseUrl("sqlite");
    auto module = ActionModule::Create(
        options,
        {.environment = {.clock = &clock_, .tenants = tenants_.get(), .metrics = &metrics_},
         .scoring = scoring_server_.channel()});
    ASSERT_TRUE(module.ok()) << module.status();
    module_ = *std::move(module);
    ASSERT_TRUE(module_->Start().ok());
    server_ = std::make_unique<rpc::InProcessServer>(module_->services());
    stub_ = v1::ActionService::NewStub(server_->channel());
  }

  void TearDown() override {
    server_ = nullptr;
    module_->Stop();
  }

  absl::StatusOr<v1::Action> CreateOn(const std::string& priority) {
    v1::CreateActionRequest request;
    request.set_parent("tenants/demo");
    request.set_action_id("a1");
    request.mutable_action()->set_priority(priority);
    request.mutable_action()->set_state(v1::Action::STATE_IN_PROGRESS);
    return rpc::ClientCall(*stub_, &v1::ActionService::StubInterface::CreateAction, request,
                           {.tenant = "demo"});
  }

  FakeClock clock_;
  metrics::Registry metrics_;
  FakeScoringService scoring_;
  rpc::InProcessServer scoring_server_{{{ScoringService::service_full_name(), &scoring_}}};
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<ActionModule> module_;
  std::unique_ptr<rpc::InProcessServer> server_;
  std::unique_ptr<v1::ActionService::Stub> stub_;
};

TEST_F(ActionModuleTest, FindsAPriorityOnAnyPage) {
  const auto made = CreateOn(absl::StrCat(kMap, "/priorities/p5"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->display_name(), "Problem 5");
  EXPECT_EQ(made->kpi().target(), 70);
  EXPECT_EQ(made->kpi_baseline().value(), 50);
  EXPECT_TRUE(module_->Ready().ok());
  const absl::Status none = CreateOn(absl::StrCat(kMap, "/priorities/p6")).status();
  EXPECT_EQ(GetErrorDetails(none)->reason, "PRIORITY_NOT_FOUND");
}

TEST_F(ActionModuleTest, AsksForTheScoresOfTheTimesItCompares) {
  ASSERT_TRUE(CreateOn(absl::StrCat(kMap, "/priorities/p1")).ok());
  v1::EvaluateActionRequest request;
  request.set_name("tenants/demo/actions/a1");
  const auto effect = rpc::ClientCall(*stub_, &v1::ActionService::StubInterface::EvaluateAction,
                                      request, {.tenant = "demo"});
  ASSERT_TRUE(effect.ok()) << effect.status();
  EXPECT_EQ(effect->before().value(), 30);
  EXPECT_EQ(effect->after().value(), 50);
  EXPECT_EQ(effect->verdict(), v1::Effect::VERDICT_TOO_LITTLE_DATA);
}

TEST_F(ActionModuleTest, SaysThatScoringDoesNotAnswer) {
  const absl::Status status = CreateOn("tenants/demo/journeyMaps/sell/priorities/p1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorDetails(status)->reason, "PEER_UNAVAILABLE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("the scoring service does not answer"));
}

}  // namespace
}  // namespace waymark::action
