#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/clock.h"
#include "libs/metrics/registry.h"
#include "libs/rpc/channel.h"
#include "libs/rpc/server_host.h"
#include "libs/testing/databases.h"
#include "services/feedback/module.h"
#include "waymark/feedback/v1/customer_erasure_service.grpc.pb.h"
#include "waymark/feedback/v1/customer_service.grpc.pb.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"
#include "waymark/feedback/v1/quarantine_service.grpc.pb.h"
#include "waymark/feedback/v1/signal_service.grpc.pb.h"
#include "waymark/feedback/v1/source_service.grpc.pb.h"

namespace waymark::feedback {

/// The tenants that tests may use: "demo" and "other".
inline std::unique_ptr<rpc::TenantRegistry> TestTenants() {
  const std::string path = absl::StrCat(::testing::TempDir(), "/feedback_tenants");
  FILE* file = fopen(path.c_str(), "w");
  fputs("demo\nother\n", file);
  fclose(file);
  auto tenants = rpc::TenantRegistry::Load(path);
  EXPECT_TRUE(tenants.ok()) << tenants.status();
  return *std::move(tenants);
}

/// A feedback service as its callers see it, over an in-process channel.
class TestService {
 public:
  explicit TestService(const std::string& store, Options options = {},
                       const rpc::AdmissionOptions& admission = {})
      : tenants_(TestTenants()) {
    options.database = store;
    auto module = FeedbackModule::Create(options, {.environment = {.clock = &clock_,
                                                                   .tenants = tenants_.get(),
                                                                   .metrics = &metrics_,
                                                                   .admission = admission}});
    EXPECT_TRUE(module.ok()) << module.status();
    module_ = *std::move(module);
    EXPECT_TRUE(module_->Start().ok());
    server_ = std::make_unique<rpc::InProcessServer>(module_->services());
    stub_ = v1::FeedbackService::NewStub(server_->channel());
    sources_ = v1::SourceService::NewStub(server_->channel());
    signals_ = v1::SignalService::NewStub(server_->channel());
    quarantine_ = v1::QuarantineService::NewStub(server_->channel());
    customers_ = v1::CustomerService::NewStub(server_->channel());
    erasures_ = v1::CustomerErasureService::NewStub(server_->channel());
  }

  ~TestService() {
    server_ = nullptr;
    module_->Stop();
  }

  v1::FeedbackService::Stub& stub() { return *stub_; }
  v1::SourceService::Stub& sources() { return *sources_; }
  v1::SignalService::Stub& signals() { return *signals_; }
  v1::QuarantineService::Stub& quarantine() { return *quarantine_; }
  v1::CustomerService::Stub& customers() { return *customers_; }
  v1::CustomerErasureService::Stub& erasures() { return *erasures_; }
  FakeClock& clock() { return clock_; }
  metrics::Registry& metrics() { return metrics_; }

  absl::StatusOr<v1::IngestResponse> TryIngest(const std::vector<v1::Signal>& signals,
                                               const std::string& tenant = "demo") {
    v1::IngestRequest request;
    request.set_parent(absl::StrCat("tenants/", tenant));
    for (const v1::Signal& signal : signals) *request.add_signals() = signal;
    auto response = rpc::ClientCall(*stub_, &v1::FeedbackService::StubInterface::Ingest, request,
                                    {.tenant = tenant});
    if (response.ok()) Await(tenant, response->position());
    return response;
  }

  v1::IngestResponse Ingest(const std::vector<v1::Signal>& signals,
                            const std::string& tenant = "demo") {
    auto response = TryIngest(signals, tenant);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::IngestResponse();
  }

  /// The outcome of the only signal.
  v1::IngestOutcome IngestOne(const v1::Signal& signal) {
    const v1::IngestResponse response = Ingest({signal});
    return response.outcomes_size() == 1 ? response.outcomes(0) : v1::INGEST_OUTCOME_UNSPECIFIED;
  }

  absl::StatusOr<v1::PullFeedResponse> TryPull(const v1::PullFeedRequest& request,
                                               const std::string& tenant) {
    return rpc::ClientCall(*stub_, &v1::FeedbackService::StubInterface::PullFeed, request,
                           {.tenant = tenant});
  }

  /// Where what was taken in here ends, for reads that wait for it.
  std::string end(const std::string& tenant = "demo") {
    absl::MutexLock lock(&mutex_);
    return awaited_[tenant];
  }

  absl::StatusOr<v1::ListSignalsResponse> TryList(v1::ListSignalsRequest request,
                                                  const std::string& tenant = "demo") {
    request.set_parent(absl::StrCat("tenants/", tenant));
    return rpc::ClientCall(*signals_, &v1::SignalService::StubInterface::ListSignals, request,
                           {.tenant = tenant, .timeout = absl::Minutes(2)});
  }

  /// Every signal that the request lists, page by page, once what was taken in here is indexed.
  std::vector<v1::StoredSignal> List(v1::ListSignalsRequest request,
                                     const std::string& tenant = "demo") {
    std::vector<v1::StoredSignal> signals;
    if (request.min_position().empty()) request.set_min_position(end(tenant));
    do {
      const auto page = TryList(request, tenant);
      EXPECT_TRUE(page.ok()) << page.status() << "\n" << request.ShortDebugString();
      if (!page.ok()) break;
      signals.insert(signals.end(), page->signals().begin(), page->signals().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return signals;
  }

  /// One page.
  v1::PullFeedResponse Pull(const std::string& cursor, int limit = 10'000, int shard = 0,
                            int shard_count = 1, const std::string& tenant = "-") {
    v1::PullFeedRequest request;
    request.set_parent(absl::StrCat("tenants/", tenant));
    request.set_cursor(cursor);
    request.set_limit(limit);
    request.set_shard(shard);
    request.set_shard_count(shard_count);
    auto page = TryPull(request, tenant);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *page : v1::PullFeedResponse();
  }

  /// Raises `end`, where something was acknowledged that this service was not asked for by Ingest.
  void Await(const std::string& tenant, const std::string& position) {
    absl::MutexLock lock(&mutex_);
    for (std::string* awaited : {&awaited_[tenant], &awaited_["-"]}) {
      *awaited = std::max(*awaited, position);
    }
  }

  /// Every change after `cursor`, page by page.
  std::vector<v1::Change> PullAll(std::string cursor = "", int limit = 10'000, int shard = 0,
                                  int shard_count = 1, const std::string& tenant = "-") {
    std::vector<v1::Change> changes;
    for (bool at_end = false; !at_end && !::testing::Test::HasFailure();) {
      const v1::PullFeedResponse page = Pull(cursor, limit, shard, shard_count, tenant);
      changes.insert(changes.end(), page.changes().begin(), page.changes().end());
      cursor = page.next_cursor();
      at_end = page.at_end();
    }
    return changes;
  }

 private:
  FakeClock clock_;
  metrics::Registry metrics_;
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<FeedbackModule> module_;
  std::unique_ptr<rpc::InProcessServer> server_;
  std::unique_ptr<v1::FeedbackService::Stub> stub_;
  std::unique_ptr<v1::SourceService::Stub> sources_;
  std::unique_ptr<v1::SignalService::Stub> signals_;
  std::unique_ptr<v1::QuarantineService::Stub> quarantine_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
  std::unique_ptr<v1::CustomerErasureService::Stub> erasures_;
  absl::Mutex mutex_;
  absl::node_hash_map<std::string, std::string> awaited_;
};

/// A valid interaction of `customer`.
inline v1::Signal Visit(const std::string& external_id, int64_t revision = 0,
                        const std::string& activity = "visit", const std::string& customer = "c1") {
  v1::Signal signal;
  signal.set_source("web");
  signal.set_external_id(external_id);
  signal.set_revision(revision);
  signal.set_customer(customer);
  signal.mutable_event_time()->set_seconds(1'700'000'000);
  signal.mutable_interaction()->set_activity(activity);
  signal.mutable_interaction()->set_channel("web");
  return signal;
}

/// A survey with one rating and, unless it is empty, one comment.
inline v1::Signal Survey(
    const std::string& external_id, double rating, const std::string& comment = "",
    int64_t revision = 0,
    v1::SurveyResponse::Completion completion = v1::SurveyResponse::COMPLETION_FINISHED) {
  v1::Signal signal = Visit(external_id, revision);
  signal.set_source("survey");
  v1::SurveyResponse* survey = signal.mutable_survey_response();
  survey->set_completion(completion);
  v1::Answer* answer = survey->add_answers();
  answer->set_question("nps");
  answer->set_type(v1::QUESTION_TYPE_NPS);
  answer->set_number(rating);
  if (!comment.empty()) {
    v1::Answer* text = survey->add_answers();
    text->set_question("why");
    text->set_text(comment);
  }
  return signal;
}

/// A suite that runs on every kind of database, each test on a fresh one.
class OnEveryDatabase : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND(GetParam());
    url_ = testing::FreshDatabaseUrl(GetParam());
    service_ = std::make_unique<TestService>(url_);
  }

  void Restart() {
    service_ = nullptr;
    service_ = std::make_unique<TestService>(url_);
  }

  std::string url_;
  std::unique_ptr<TestService> service_;
};

#define WM_ON_EVERY_DATABASE(suite)                                                               \
  INSTANTIATE_TEST_SUITE_P(Databases, suite, ::testing::ValuesIn(::waymark::testing::Backends()), \
                           [](const auto& info) { return info.param; })

}  // namespace waymark::feedback
