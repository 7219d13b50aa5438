#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "libs/base/error.h"
#include "libs/rpc/status.h"
#include "services/cli/client.h"

namespace waymark::cli {

/// A feedback service for tests: records keys, and answers as `on_ingest` says first.
class FakeFeedback : public feedback::v1::FeedbackService::Service {
 public:
  grpc::Status Ingest(grpc::ServerContext* context, const feedback::v1::IngestRequest* request,
                      feedback::v1::IngestResponse* response) override {
    absl::MutexLock lock(&mutex_);
    batch_sizes.push_back(request->signals_size());
    if (on_ingest) {
      if (const grpc::Status status = on_ingest(static_cast<int>(batch_sizes.size()));
          !status.ok()) {
        return status;
      }
    }
    for (const auto& signal : request->signals()) {
      if (signal.external_id() == "bad") {
        response->mutable_problems()->Add()->set_index(response->outcomes_size());
        response->mutable_problems()->rbegin()->add_reasons("external_id: 'bad' is not allowed");
        response->add_outcomes(feedback::v1::INGEST_OUTCOME_QUARANTINED);
        continue;
      }
      const bool first =
          keys.insert(absl::StrCat(signal.source(), "/", signal.external_id())).second;
      response->add_outcomes(first ? feedback::v1::INGEST_OUTCOME_RECORDED
                                   : feedback::v1::INGEST_OUTCOME_DUPLICATE);
    }
    response->set_position(absl::StrCat("p", absl::Dec(keys.size(), absl::kZeroPad8)));
    return grpc::Status::OK;
  }

  /// Called with the number of the call, from 1.
  std::function<grpc::Status(int)> on_ingest;
  std::vector<int> batch_sizes;
  std::set<std::string> keys;

 private:
  absl::Mutex mutex_;
};

/// Remembers which positions were waited for.
class FakeDiscovery : public journey::v1::DiscoveryService::Service {
 public:
  grpc::Status GetProjection(grpc::ServerContext* context,
                             const journey::v1::GetProjectionRequest* request,
                             common::v1::Projection* response) override {
    positions.push_back(request->min_position());
    return grpc::Status::OK;
  }
  grpc::Status DiscoverGraph(grpc::ServerContext* context,
                             const journey::v1::DiscoverGraphRequest* request,
                             journey::v1::DiscoverGraphResponse* response) override {
    graph_request = *request;
    *response = graph_response;
    return grpc::Status::OK;
  }
  std::vector<std::string> positions;
  journey::v1::DiscoverGraphRequest graph_request;
  journey::v1::DiscoverGraphResponse graph_response;
};

class FakeScoring : public scoring::v1::ScoringService::Service {
 public:
  grpc::Status GetProjection(grpc::ServerContext* context,
                             const scoring::v1::GetProjectionRequest* request,
                             common::v1::Projection* response) override {
    positions.push_back(request->min_position());
    return grpc::Status::OK;
  }
  grpc::Status ListPriorities(grpc::ServerContext* context,
                              const scoring::v1::ListPrioritiesRequest* request,
                              scoring::v1::ListPrioritiesResponse* response) override {
    *response = priorities;
    return grpc::Status::OK;
  }
  std::vector<std::string> positions;
  scoring::v1::ListPrioritiesResponse priorities;
};

/// Touchpoints are the only models that are kept.
class FakeJourney : public journey::v1::JourneyService::Service {
 public:
  grpc::Status GetTouchpoint(grpc::ServerContext* context,
                             const journey::v1::GetTouchpointRequest* request,
                             journey::v1::Touchpoint* response) override {
    const auto found = touchpoints.find(request->name());
    if (found == touchpoints.end()) return {grpc::StatusCode::NOT_FOUND, "no such touchpoint"};
    *response = found->second;
    return grpc::Status::OK;
  }
  grpc::Status UpdateTouchpoint(grpc::ServerContext* context,
                                const journey::v1::UpdateTouchpointRequest* request,
                                journey::v1::Touchpoint* response) override {
    journey::v1::Touchpoint updated = request->touchpoint();
    updated.set_etag(absl::StrCat(std::hash<std::string>()(request->touchpoint().DebugString())));
    touchpoints[updated.name()] = updated;
    *response = updated;
    return grpc::Status::OK;
  }
  std::map<std::string, journey::v1::Touchpoint> touchpoints;
};

class FakeAction : public action::v1::ActionService::Service {
 public:
  grpc::Status CreateAction(grpc::ServerContext* context,
                            const action::v1::CreateActionRequest* request,
                            action::v1::Action* response) override {
    created = *request;
    *response = request->action();
    response->set_name("tenants/demo/actions/a1");
    return grpc::Status::OK;
  }
  action::v1::CreateActionRequest created;
};

/// Keeps what the last call asked for.
class FakeSources : public feedback::v1::SourceService::Service {
 public:
  grpc::Status ListSources(grpc::ServerContext* context,
                           const feedback::v1::ListSourcesRequest* request,
                           feedback::v1::ListSourcesResponse* response) override {
    *response = listed;
    return grpc::Status::OK;
  }
  grpc::Status UpdateSource(grpc::ServerContext* context,
                            const feedback::v1::UpdateSourceRequest* request,
                            feedback::v1::Source* response) override {
    updated = *request;
    *response = request->source();
    return grpc::Status::OK;
  }
  grpc::Status GetSourceSchema(grpc::ServerContext* context,
                               const feedback::v1::GetSourceSchemaRequest* request,
                               feedback::v1::SourceSchema* response) override {
    *response = schema;
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status GetSourceStatistics(grpc::ServerContext* context,
                                   const feedback::v1::GetSourceStatisticsRequest* request,
                                   feedback::v1::SourceStatistics* response) override {
    asked = *request;
    *response = statistics;
    return grpc::Status::OK;
  }
  feedback::v1::ListSourcesResponse listed;
  feedback::v1::GetSourceStatisticsRequest asked;
  feedback::v1::SourceStatistics statistics;
  feedback::v1::UpdateSourceRequest updated;
  feedback::v1::SourceSchema schema;
};

/// Lists what it holds, two a page.
class FakeSignals : public feedback::v1::SignalService::Service {
 public:
  grpc::Status ListSignals(grpc::ServerContext* context,
                           const feedback::v1::ListSignalsRequest* request,
                           feedback::v1::ListSignalsResponse* response) override {
    requests.push_back(*request);
    size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    for (int i = 0; i < std::min(2, request->page_size()) && at < kept.size(); ++i) {
      *response->add_signals() = kept[at++];
    }
    if (at < kept.size()) response->set_next_page_token(std::to_string(at));
    return grpc::Status::OK;
  }
  grpc::Status GetSignal(grpc::ServerContext* context,
                         const feedback::v1::GetSignalRequest* request,
                         feedback::v1::StoredSignal* response) override {
    for (const auto& one : kept) {
      if (one.signal().external_id() == request->external_id()) *response = one;
    }
    return grpc::Status::OK;
  }
  grpc::Status CorrectSignal(grpc::ServerContext* context,
                             const feedback::v1::CorrectSignalRequest* request,
                             feedback::v1::CorrectSignalResponse* response) override {
    corrected = *request;
    auto& placement = *response->mutable_stored_signal()->mutable_enrichment()->add_placements();
    placement.set_touchpoint(request->touchpoint());
    placement.set_corrected(!request->clear());
    response->set_position("p5");
    return grpc::Status::OK;
  }
  grpc::Status GetConversation(grpc::ServerContext* context,
                               const feedback::v1::GetConversationRequest* request,
                               feedback::v1::Conversation* response) override {
    *response = conversation;
    return grpc::Status::OK;
  }
  grpc::Status GetIndexStatus(grpc::ServerContext* context,
                              const feedback::v1::GetIndexStatusRequest* request,
                              feedback::v1::IndexStatus* response) override {
    *response = status;
    return grpc::Status::OK;
  }
  std::vector<feedback::v1::ListSignalsRequest> requests;
  std::vector<feedback::v1::StoredSignal> kept;
  feedback::v1::CorrectSignalRequest corrected;
  feedback::v1::Conversation conversation;
  feedback::v1::IndexStatus status;
};

/// Knows one group of linked ids, and keeps links.
class FakeCustomers : public feedback::v1::CustomerService::Service {
 public:
  grpc::Status CreateCustomerLink(grpc::ServerContext* context,
                                  const feedback::v1::CreateCustomerLinkRequest* request,
                                  feedback::v1::CustomerLink* response) override {
    *response = request->customer_link();
    response->set_name(absl::StrCat(request->parent(), "/customerLinks/l", links.size()));
    response->set_position("p7");
    links.push_back(*response);
    return grpc::Status::OK;
  }
  grpc::Status DeleteCustomerLink(grpc::ServerContext* context,
                                  const feedback::v1::DeleteCustomerLinkRequest* request,
                                  feedback::v1::DeleteCustomerLinkResponse* response) override {
    deleted = request->name();
    return grpc::Status::OK;
  }
  grpc::Status ListCustomerLinks(grpc::ServerContext* context,
                                 const feedback::v1::ListCustomerLinksRequest* request,
                                 feedback::v1::ListCustomerLinksResponse* response) override {
    for (const auto& link : links) {
      const std::string& customer = request->customer();
      if (customer.empty() || link.customer() == customer || link.linked_customer() == customer) {
        *response->add_customer_links() = link;
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status GetCustomer(grpc::ServerContext* context,
                           const feedback::v1::GetCustomerRequest* request,
                           feedback::v1::Customer* response) override {
    response->set_customer(request->customer());
    const std::vector<std::string> alone = {request->customer()};
    for (const std::string& id : linked.empty() ? alone : linked) response->add_customers(id);
    response->set_canonical_customer(response->customers(0));
    return grpc::Status::OK;
  }
  std::vector<feedback::v1::CustomerLink> links;
  std::vector<std::string> linked;
  std::string deleted;
};

/// Holds signals by name, two a page; those whose signal has an event_time leave when they
/// are replayed. A batch of more than `max_replays` is too large.
class FakeQuarantine : public feedback::v1::QuarantineService::Service {
 public:
  grpc::Status ListQuarantinedSignals(
      grpc::ServerContext* context, const feedback::v1::ListQuarantinedSignalsRequest* request,
      feedback::v1::ListQuarantinedSignalsResponse* response) override {
    for (auto it = kept.upper_bound(request->page_token()); it != kept.end(); ++it) {
      if (response->quarantined_signals_size() == 2) {
        response->set_next_page_token(response->quarantined_signals(1).name());
        break;
      }
      *response->add_quarantined_signals() = it->second;
    }
    return grpc::Status::OK;
  }
  grpc::Status ReplayQuarantinedSignals(
      grpc::ServerContext* context, const feedback::v1::ReplayQuarantinedSignalsRequest* request,
      feedback::v1::ReplayQuarantinedSignalsResponse* response) override {
    if (request->replays_size() > max_replays) {
      return rpc::ToGrpcStatus(
          MakeError(absl::StatusCode::kResourceExhausted, "TOO_LARGE", "the batch is too large"));
    }
    for (const auto& replay : request->replays()) {
      feedback::v1::ReplayResult* result = response->add_results();
      const auto found = kept.find(replay.name());
      if (found == kept.end()) continue;
      const auto& signal = replay.has_signal() ? replay.signal() : found->second.signal();
      if (signal.has_event_time()) {
        result->set_outcome(feedback::v1::INGEST_OUTCOME_RECORDED);
        kept.erase(found);
      } else {
        result->set_outcome(feedback::v1::INGEST_OUTCOME_QUARANTINED);
        result->add_reasons("event_time: missing");
      }
    }
    return grpc::Status::OK;
  }
  std::map<std::string, feedback::v1::QuarantinedSignal> kept;
  int max_replays = 1000;
};

/// Erasures are pending when they are created, and done when somebody looks again.
class FakeErasures : public feedback::v1::CustomerErasureService::Service {
 public:
  grpc::Status CreateCustomerErasure(grpc::ServerContext* context,
                                     const feedback::v1::CreateCustomerErasureRequest* request,
                                     feedback::v1::CustomerErasure* response) override {
    created = *request;
    response->set_name(absl::StrCat(request->parent(), "/customerErasures/e1"));
    response->set_state(feedback::v1::CustomerErasure::STATE_PENDING);
    return grpc::Status::OK;
  }
  grpc::Status GetCustomerErasure(grpc::ServerContext* context,
                                  const feedback::v1::GetCustomerErasureRequest* request,
                                  feedback::v1::CustomerErasure* response) override {
    response->set_name(request->name());
    response->set_state(feedback::v1::CustomerErasure::STATE_DONE);
    response->set_removed_entries(1234);
    return grpc::Status::OK;
  }
  grpc::Status ListCustomerErasures(grpc::ServerContext* context,
                                    const feedback::v1::ListCustomerErasuresRequest* request,
                                    feedback::v1::ListCustomerErasuresResponse* response) override {
    const bool first = request->page_token().empty();
    response->add_customer_erasures()->set_name(
        absl::StrCat(request->parent(), "/customerErasures/", first ? "e2" : "e1"));
    if (first) response->set_next_page_token("more");
    return grpc::Status::OK;
  }
  feedback::v1::CreateCustomerErasureRequest created;
};

/// All of them on a port of their own.
class FakeServer {
 public:
  FakeServer() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    for (grpc::Service* service :
         std::vector<grpc::Service*>{&feedback, &signals, &sources, &quarantine, &customers,
                                     &erasures, &discovery, &scoring, &journey, &action}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
    address = absl::StrCat("127.0.0.1:", port);
  }
  ~FakeServer() { server_->Shutdown(); }

  Client NewClient() const { return Client(*ParseAddresses(address), "demo", absl::Seconds(10)); }

  FakeFeedback feedback;
  FakeSignals signals;
  FakeSources sources;
  FakeQuarantine quarantine;
  FakeCustomers customers;
  FakeErasures erasures;
  FakeDiscovery discovery;
  FakeScoring scoring;
  FakeJourney journey;
  FakeAction action;
  std::string address;

 private:
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace waymark::cli
