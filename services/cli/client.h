#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "libs/rpc/channel.h"
#include "waymark/action/v1/action_service.grpc.pb.h"
#include "waymark/feedback/v1/customer_erasure_service.grpc.pb.h"
#include "waymark/feedback/v1/customer_service.grpc.pb.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"
#include "waymark/feedback/v1/quarantine_service.grpc.pb.h"
#include "waymark/feedback/v1/signal_service.grpc.pb.h"
#include "waymark/feedback/v1/source_service.grpc.pb.h"
#include "waymark/journey/v1/discovery_service.grpc.pb.h"
#include "waymark/journey/v1/journey_service.grpc.pb.h"
#include "waymark/scoring/v1/scoring_service.grpc.pb.h"

namespace waymark::cli {

/// Where each service listens, "HOST:PORT".
struct Addresses {
  std::string feedback;
  std::string journey;
  std::string scoring;
  std::string action;
};

/// Reads "HOST:PORT" (all services there) or "feedback=HOST:PORT,journey=…,scoring=…,action=…".
/// INVALID_ARGUMENT: a part is not of that form, or a service is unknown or missing.
absl::StatusOr<Addresses> ParseAddresses(absl::string_view text);

/// Calls the services for one tenant. Thread-safe; connects when first used.
class Client {
 public:
  Client(const Addresses& addresses, std::string tenant, absl::Duration timeout);

  const std::string& tenant() const { return tenant_; }
  absl::Duration timeout() const { return timeout_; }

  /// One unary call, e.g. Call(&FeedbackService::StubInterface::Ingest, request). Answers what the
  /// server says; when it says nothing (unreachable, too slow), what to do about it.
  template <typename Interface, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Interface::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                                const std::type_identity_t<Request>& request) {
    return Call(method, request, timeout_);
  }

  /// The same with a deadline of its own.
  template <typename Interface, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Interface::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                                const std::type_identity_t<Request>& request,
                                absl::Duration timeout) {
    const auto& peer = std::get<Peer<Interface>>(peers_);
    auto response =
        rpc::ClientCall(*peer.stub, method, request, {.tenant = tenant_, .timeout = timeout});
    if (!response.ok()) return Explain(response.status(), peer.address, timeout);
    return response;
  }

  /// Calls a list method until its last page; the answer holds all pages' items.
  template <typename Interface, typename Request, typename Response>
  absl::StatusOr<Response> CallForAll(grpc::Status (Interface::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                                      std::type_identity_t<Request> request) {
    Response all;
    do {
      auto page = Call(method, request);
      if (!page.ok()) return page;
      all.MergeFrom(*page);
      all.set_next_page_token(page->next_page_token());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

 private:
  template <typename Interface>
  struct Peer {
    std::unique_ptr<Interface> stub;
    std::string address;
  };

  static absl::Status Explain(const absl::Status& status, const std::string& address,
                              absl::Duration timeout);

  const std::string tenant_;
  const absl::Duration timeout_;
  std::tuple<Peer<feedback::v1::FeedbackService::StubInterface>,
             Peer<feedback::v1::SignalService::StubInterface>,
             Peer<feedback::v1::SourceService::StubInterface>,
             Peer<feedback::v1::QuarantineService::StubInterface>,
             Peer<feedback::v1::CustomerErasureService::StubInterface>,
             Peer<feedback::v1::CustomerService::StubInterface>,
             Peer<journey::v1::JourneyService::StubInterface>,
             Peer<journey::v1::DiscoveryService::StubInterface>,
             Peer<scoring::v1::ScoringService::StubInterface>,
             Peer<action::v1::ActionService::StubInterface>>
      peers_;
};

}  // namespace waymark::cli
