#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/feed/consumer.h"
#include "services/scoring/findings.h"
#include "services/scoring/score_report.h"

namespace grpc {
class Channel;
}

namespace waymark::rpc {
class CallContext;
}

namespace waymark::scoring {

/// A journey map as the journey service has it now.
struct JourneyMapState {
  MapModel model;
  int64_t revision = 0;
  /// Changes with each change of the map or its persona.
  std::string version;
};

/// What the scoring service needs of the journey service. Thread-safe. Errors are those of the
/// journey service; UNAVAILABLE (PEER_UNAVAILABLE) when it does not answer.
class Journey {
 public:
  virtual ~Journey() = default;
  /// `name` is tenants/{tenant}/journeyMaps/{journey_map}.
  virtual absl::StatusOr<JourneyMapState> GetMap(const rpc::CallContext& call,
                                                 const std::string& name) = 0;
  /// Where journeys change channel, over the interactions of `sources` (empty: all), computed with
  /// the feed applied up to `min_position`.
  virtual absl::StatusOr<std::vector<HandoffCounts>> Handoffs(
      const rpc::CallContext& call, const std::vector<std::string>& sources,
      const std::string& min_position) = 0;
};

/// The journey service behind `channel`, called on behalf of the call that is being served.
std::unique_ptr<Journey> MakeJourneyClient(const std::shared_ptr<grpc::Channel>& channel);

/// The feed of the feedback service behind `channel`, called with the service role.
std::unique_ptr<feed::ChangeSource> MakeFeedClient(const std::shared_ptr<grpc::Channel>& channel);

}  // namespace waymark::scoring
