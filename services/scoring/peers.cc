#include "services/scoring/peers.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/channel.h"
#include "services/scoring/errors.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"
#include "waymark/journey/v1/discovery_service.grpc.pb.h"
#include "waymark/journey/v1/journey_service.grpc.pb.h"

namespace waymark::scoring {
namespace {

using journey::v1::DiscoveryService;
using journey::v1::JourneyService;

constexpr absl::Duration kTimeout = absl::Seconds(20);
/// What a pull may take besides the wait that it asks for.
constexpr absl::Duration kPullAllowance = absl::Seconds(20);

absl::Status Explain(const absl::Status& status) {
  return absl::IsUnavailable(status) ? PeerUnavailable("journey", status) : status;
}

MapModel ModelOf(const journey::v1::JourneyMap& map, const journey::v1::Persona& persona) {
  MapModel model;
  for (const journey::v1::Stage& stage : map.stages()) {
    model.stages.push_back({stage.id(), stage.display_name()});
    for (const journey::v1::Step& step : stage.steps()) {
      model.steps.push_back({step.id(), step.display_name(), stage.id(), step.touchpoint()});
    }
  }
  model.target_score = map.target_score();
  model.sources.assign(map.sources().begin(), map.sources().end());
  for (const common::v1::AttributeCondition& condition : persona.membership()) {
    model.membership.emplace_back(
        condition.key(),
        std::vector<std::string>(condition.values().begin(), condition.values().end()));
  }
  return model;
}

class GrpcJourney : public Journey {
 public:
  explicit GrpcJourney(const std::shared_ptr<grpc::Channel>& channel)
      : models_(JourneyService::NewStub(channel)), discovery_(DiscoveryService::NewStub(channel)) {}

  absl::StatusOr<JourneyMapState> GetMap(const rpc::CallContext& call,
                                         const std::string& name) override {
    journey::v1::GetJourneyMapRequest request;
    request.set_name(name);
    const auto map = rpc::ClientCall(*models_, &JourneyService::StubInterface::GetJourneyMap,
                                     request, {.parent = &call, .timeout = kTimeout});
    if (!map.ok()) return Explain(map.status());
    journey::v1::Persona persona;
    if (!map->persona().empty()) {
      journey::v1::GetPersonaRequest persona_request;
      persona_request.set_name(map->persona());
      auto found = rpc::ClientCall(*models_, &JourneyService::StubInterface::GetPersona,
                                   persona_request, {.parent = &call, .timeout = kTimeout});
      if (!found.ok()) return Explain(found.status());
      persona = *std::move(found);
    }
    return JourneyMapState{ModelOf(*map, persona), map->revision(),
                           absl::StrCat(map->etag(), "/", persona.etag())};
  }

  absl::StatusOr<std::vector<HandoffCounts>> Handoffs(const rpc::CallContext& call,
                                                      const std::vector<std::string>& sources,
                                                      const std::string& min_position) override {
    journey::v1::DiscoverHandoffsRequest request;
    request.set_parent(absl::StrCat("tenants/", call.tenant));
    for (const std::string& source : sources) request.mutable_filter()->add_sources(source);
    request.set_min_position(min_position);
    const auto response =
        rpc::ClientCall(*discovery_, &DiscoveryService::StubInterface::DiscoverHandoffs, request,
                        {.parent = &call, .timeout = kTimeout});
    std::vector<HandoffCounts> handoffs;
    // A source of surveys only, say, has no interactions.
    if (absl::IsNotFound(response.status())) return handoffs;
    if (!response.ok()) return Explain(response.status());
    for (const journey::v1::Handoff& handoff : response->handoffs()) {
      handoffs.push_back({.activity = handoff.activity(),
                          .from_channel = handoff.from_channel(),
                          .to_channel = handoff.to_channel(),
                          .next_activity = handoff.next_activity(),
                          .reached = handoff.reached(),
                          .lost = handoff.lost(),
                          .continued = handoff.continued()});
    }
    return handoffs;
  }

 private:
  const std::unique_ptr<JourneyService::StubInterface> models_;
  const std::unique_ptr<DiscoveryService::StubInterface> discovery_;
};

class GrpcFeed : public feed::ChangeSource {
 public:
  explicit GrpcFeed(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(feedback::v1::FeedbackService::NewStub(channel)) {}

  absl::StatusOr<feedback::v1::PullFeedResponse> Pull(
      const feedback::v1::PullFeedRequest& request) override {
    return rpc::ClientCall(*stub_, &feedback::v1::FeedbackService::StubInterface::PullFeed, request,
                           {.tenant = rpc::kAllTenants,
                            .timeout = absl::Seconds(request.wait().seconds()) + kPullAllowance});
  }

 private:
  const std::unique_ptr<feedback::v1::FeedbackService::StubInterface> stub_;
};

}  // namespace

std::unique_ptr<Journey> MakeJourneyClient(const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcJourney>(channel);
}

std::unique_ptr<feed::ChangeSource> MakeFeedClient(const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcFeed>(channel);
}

}  // namespace waymark::scoring
