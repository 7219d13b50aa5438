#include "services/journey/module.h"

#include <filesystem>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/error.h"
#include "libs/rpc/channel.h"
#include "libs/rpc/server_host.h"
#include "libs/rpc/status.h"
#include "libs/testing/databases.h"
#include "services/journey/feed_builder_test.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"

namespace waymark::journey {
namespace {

using feedback::v1::Change;
using ::testing::HasSubstr;

/// A feedback service that holds a list of changes and the last catalogue.
class FakeFeedbackService final : public feedback::v1::FeedbackService::Service {
 public:
  grpc::Status PullFeed(grpc::ServerContext* context, const feedback::v1::PullFeedRequest* request,
                        feedback::v1::PullFeedResponse* response) override {
    absl::MutexLock lock(&mutex_);
    role_ = std::string(context->client_metadata().find("waymark-role")->second.data(),
                        context->client_metadata().find("waymark-role")->second.size());
    const size_t from = request->cursor().empty() ? 0 : std::stoul(request->cursor());
    const auto has_more = [&] {
      mutex_.AssertReaderHeld();
      return changes_.size() > from;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&has_more), absl::Milliseconds(20));
    for (size_t i = from; i < changes_.size(); ++i) *response->add_changes() = changes_[i];
    response->set_next_cursor(changes_.empty() ? "" : changes_.back().position());
    response->set_at_end(true);
    return grpc::Status::OK;
  }

  grpc::Status UpdateTouchpointCatalogue(
      grpc::ServerContext*, const feedback::v1::UpdateTouchpointCatalogueRequest* request,
      feedback::v1::TouchpointCatalogue* response) override {
    absl::MutexLock lock(&mutex_);
    catalogue_ = request->touchpoint_catalogue();
    *response = catalogue_;
    return grpc::Status::OK;
  }

  void SetChanges(std::vector<Change> changes) {
    absl::MutexLock lock(&mutex_);
    changes_ = std::move(changes);
  }
  feedback::v1::TouchpointCatalogue catalogue() {
    absl::MutexLock lock(&mutex_);
    return catalogue_;
  }
  std::string role() {
    absl::MutexLock lock(&mutex_);
    return role_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<Change> changes_ ABSL_GUARDED_BY(mutex_);
  feedback::v1::TouchpointCatalogue catalogue_ ABSL_GUARDED_BY(mutex_);
  std::string role_ ABSL_GUARDED_BY(mutex_);
};

std::vector<Change> SmallFeed() {
  FeedBuilder feed;
  feed.Record({.customer = "ann", .activity = "browse", .second = 1});
  feed.Record({.customer = "ann", .activity = "order", .second = 3});
  return feed.changes();
}

class ModuleTest : public ::testing::Test {
 protected:
  ModuleTest()
      : feedback_server_({{feedback::v1::FeedbackService::service_full_name(), &feedback_}}) {}

  void SetUp() override { Start("memory:1MB"); }
  void TearDown() override { Stop(); }

  void Start(const std::string& cache) {
    auto tenants = rpc::TenantRegistry::Load("");
    ASSERT_TRUE(tenants.ok());
    tenants_ = *std::move(tenants);
    Options options;
    options.database = testing::FreshDatabaseUrl("sqlite");
    options.cache = cache;
    auto module = JourneyModule::Create(
        options,
        {.environment = {.clock = Clock::Real(), .tenants = tenants_.get(), .metrics = &metrics_},
         .feedback = feedback_server_.channel()});
    ASSERT_TRUE(module.ok()) << module.status();
    module_ = *std::move(module);
    ASSERT_EQ(module_->Start(), absl::OkStatus());
    server_ = std::make_unique<rpc::InProcessServer>(module_->services());
    journey_ = v1::JourneyService::NewStub(server_->channel());
    discovery_ = v1::DiscoveryService::NewStub(server_->channel());
  }

  void Stop() {
    server_.reset();
    if (module_ != nullptr) module_->Stop();
    module_.reset();
  }

  template <typename Method, typename Request>
  auto Journey(Method method, const Request& request, const std::string& tenant = "demo") {
    return rpc::ClientCall(*journey_, method, request, {.tenant = tenant});
  }

  absl::StatusOr<v1::DiscoverGraphResponse> Graph(const v1::DiscoverGraphRequest& request,
                                                  absl::Duration timeout = absl::Seconds(20)) {
    return rpc::ClientCall(*discovery_, &v1::DiscoveryService::StubInterface::DiscoverGraph,
                           request, {.tenant = "demo", .timeout = timeout});
  }

  static v1::DiscoverGraphRequest GraphRequest(const std::string& min_position = "") {
    v1::DiscoverGraphRequest request;
    request.set_parent("tenants/demo");
    request.set_min_position(min_position);
    return request;
  }

  void PutMap() {
    v1::UpdateTouchpointRequest touchpoint;
    touchpoint.mutable_touchpoint()->set_name("tenants/demo/touchpoints/shop");
    touchpoint.mutable_touchpoint()->add_rules()->set_activity("order");
    touchpoint.set_allow_missing(true);
    ASSERT_TRUE(Journey(&v1::JourneyService::StubInterface::UpdateTouchpoint, touchpoint).ok());
    v1::UpdateJourneyMapRequest map;
    map.mutable_journey_map()->set_name("tenants/demo/journeyMaps/buying");
    map.mutable_journey_map()->set_display_name("Buying & paying");
    v1::Stage& stage = *map.mutable_journey_map()->add_stages();
    stage.set_id("buy");
    stage.add_steps()->set_id("order");
    stage.mutable_steps(0)->set_touchpoint("shop");
    map.set_allow_missing(true);
    const auto made = Journey(&v1::JourneyService::StubInterface::UpdateJourneyMap, map);
    ASSERT_TRUE(made.ok()) << made.status();
  }

  double CacheResults(const std::string& cache) {
    return metrics_
        .Counter("waymark_discovery_results_total", "Discovered journeys answered.",
                 {{"kind", "graph/1"}, {"cache", cache}})
        .Value();
  }

  FakeFeedbackService feedback_;
  rpc::InProcessServer feedback_server_;
  metrics::Registry metrics_;
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<JourneyModule> module_;
  std::unique_ptr<rpc::InProcessServer> server_;
  std::unique_ptr<v1::JourneyService::StubInterface> journey_;
  std::unique_ptr<v1::DiscoveryService::StubInterface> discovery_;
};

std::string ReasonOf(const absl::Status& status) {
  return GetErrorDetails(status).value_or(ErrorDetails{}).reason;
}

TEST_F(ModuleTest, DiscoversWhatWasRecordedOnceItsPositionIsReached) {
  feedback_.SetChanges(SmallFeed());
  const auto response = Graph(GraphRequest("00000002"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->position(), "00000002");
  ASSERT_EQ(response->graph().edges_size(), 1);
  EXPECT_EQ(response->graph().edges(0).mean_duration().seconds(), 2);
  EXPECT_EQ(feedback_.role(), "service");
}

TEST_F(ModuleTest, AnswersEmptyForAnEmptyFeed) {
  const auto response = Graph(GraphRequest());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->graph().cases(), 0);
}

TEST_F(ModuleTest, SaysThatAPositionWasNotReachedInTime) {
  const absl::Status status = Graph(GraphRequest("99999999"), absl::Milliseconds(300)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(status), "POSITION_NOT_REACHED");
}

TEST_F(ModuleTest, AnUnknownSourceIsNotFound) {
  v1::DiscoverGraphRequest request = GraphRequest();
  request.mutable_filter()->add_sources("nowhere");
  const absl::Status status = Graph(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "SOURCE_NOT_FOUND");
}

TEST_F(ModuleTest, RepeatedQuestionsAreAnsweredFromTheCacheUntilTheDataChanges) {
  std::vector<Change> changes = SmallFeed();
  feedback_.SetChanges(changes);
  const auto first = Graph(GraphRequest("00000002"));
  const auto again = Graph(GraphRequest());
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  EXPECT_EQ(CacheResults("miss"), 1);
  EXPECT_EQ(CacheResults("hit"), 1);

  FeedBuilder feed;
  feed.Record({.customer = "ann", .activity = "browse", .second = 1});
  feed.Record({.customer = "ann", .activity = "order", .second = 3});
  feed.Record({.customer = "ann", .activity = "return", .second = 9});
  feedback_.SetChanges(feed.changes());
  EXPECT_EQ(Graph(GraphRequest("00000003"))->graph().edges_size(), 2);
  EXPECT_EQ(CacheResults("miss"), 2);
}

TEST_F(ModuleTest, AnswersTheSameWithoutItsCacheServer) {
  feedback_.SetChanges(SmallFeed());
  const auto cached = Graph(GraphRequest("00000002"));
  Stop();
  Start("redis://127.0.0.1:1");
  const auto uncached = Graph(GraphRequest("00000002"));
  ASSERT_TRUE(uncached.ok()) << uncached.status();
  EXPECT_EQ(uncached->SerializeAsString(), cached->SerializeAsString());
}

TEST_F(ModuleTest, ProjectionTellsItsPositionAndCounts) {
  feedback_.SetChanges(SmallFeed());
  v1::GetProjectionRequest request;
  request.set_parent("tenants/demo");
  request.set_min_position("00000002");
  const auto projection =
      rpc::ClientCall(*discovery_, &v1::DiscoveryService::StubInterface::GetProjection, request,
                      {.tenant = "demo"});
  ASSERT_TRUE(projection.ok()) << projection.status();
  EXPECT_EQ(projection->position(), "00000002");
  EXPECT_EQ(projection->changes(), 2);
  EXPECT_EQ(projection->signals(), 2);
}

TEST_F(ModuleTest, AnUpdatedTouchpointReachesFeedback) {
  PutMap();
  EXPECT_EQ(feedback_.catalogue().name(), "tenants/demo/touchpointCatalogue");
  ASSERT_EQ(feedback_.catalogue().rules_size(), 1);
  EXPECT_EQ(feedback_.catalogue().rules(0).touchpoint(), "shop");
}

TEST_F(ModuleTest, PagesThroughLists) {
  for (const char* id : {"a", "b", "c"}) {
    v1::UpdatePersonaRequest persona;
    persona.mutable_persona()->set_name(std::string("tenants/demo/personas/") + id);
    persona.set_allow_missing(true);
    ASSERT_TRUE(Journey(&v1::JourneyService::StubInterface::UpdatePersona, persona).ok());
  }
  v1::ListPersonasRequest request;
  request.set_parent("tenants/demo");
  request.set_page_size(2);
  const auto first = Journey(&v1::JourneyService::StubInterface::ListPersonas, request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->personas_size(), 2);
  request.set_page_token(first->next_page_token());
  const auto second = Journey(&v1::JourneyService::StubInterface::ListPersonas, request);
  ASSERT_EQ(second->personas_size(), 1);
  EXPECT_EQ(second->personas(0).name(), "tenants/demo/personas/c");
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(ModuleTest, RendersAMapWithItsOverlay) {
  PutMap();
  v1::RenderJourneyMapRequest request;
  request.set_name("tenants/demo/journeyMaps/buying");
  v1::StepOverlay& step = *request.mutable_overlay()->add_steps();
  step.set_step("order");
  step.mutable_score()->set_value(41);
  step.mutable_score()->set_n(50);
  const auto rendered = Journey(&v1::JourneyService::StubInterface::RenderJourneyMap, request);
  ASSERT_TRUE(rendered.ok()) << rendered.status();
  EXPECT_THAT(rendered->svg(), HasSubstr("<svg"));
  EXPECT_THAT(rendered->svg(), HasSubstr("Buying &amp; paying"));

  step.set_step("pay");
  const absl::Status status =
      Journey(&v1::JourneyService::StubInterface::RenderJourneyMap, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(status.message(), HasSubstr("overlay.steps[0].step"));
}

TEST_F(ModuleTest, RefusesMalformedRequestsByField) {
  v1::UpdatePersonaRequest request;
  request.mutable_persona()->set_name("tenants/demo/people/ann");
  request.mutable_update_mask()->add_paths("colour");
  const absl::Status status =
      Journey(&v1::JourneyService::StubInterface::UpdatePersona, request).status();
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(status.message(), HasSubstr("persona.name"));
  EXPECT_THAT(status.message(), HasSubstr("colour"));
}

TEST_F(ModuleTest, AnotherTenantIsDeniedWhetherOrNotItIsThere) {
  PutMap();
  v1::GetJourneyMapRequest request;
  for (const char* name : {"tenants/acme/journeyMaps/buying", "tenants/acme/journeyMaps/nothing"}) {
    request.set_name(name);
    const absl::Status status =
        Journey(&v1::JourneyService::StubInterface::GetJourneyMap, request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(ReasonOf(status), "TENANT_DENIED");
  }
}

}  // namespace
}  // namespace waymark::journey
