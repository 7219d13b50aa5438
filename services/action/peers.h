#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "waymark/common/v1/estimate.pb.h"
#include "waymark/common/v1/filter.pb.h"

namespace grpc {
class Channel;
}

namespace waymark::rpc {
class CallContext;
}

namespace waymark::action {

/// What an action needs to know of the priority it works on.
struct Priority {
  std::string title;
  /// Id of the step it is about; empty: none.
  std::string step;
};

/// The experience scores of a journey map.
struct Scores {
  struct Step {
    std::string id;
    common::v1::Estimate score;
  };

  common::v1::Estimate baseline;
  std::vector<Step> steps;

  /// The step with that id, or null.
  const Step* Find(absl::string_view id) const {
    for (const Step& step : steps) {
      if (step.id == id) return &step;
    }
    return nullptr;
  }
};

/// What the action service needs of the scoring service. Thread-safe. Errors are those of the
/// scoring service; UNAVAILABLE (PEER_UNAVAILABLE) when it does not answer.
class Scoring {
 public:
  virtual ~Scoring() = default;
  /// The priority called `name`, tenants/{tenant}/journeyMaps/{journey_map}/priorities/{priority},
  /// if it is one now.
  virtual absl::StatusOr<std::optional<Priority>> FindPriority(const rpc::CallContext& call,
                                                               const std::string& name) = 0;
  /// The scores of `journey_map` from what happened within `when`.
  virtual absl::StatusOr<Scores> GetScores(const rpc::CallContext& call,
                                           const std::string& journey_map,
                                           const common::v1::TimeRange& when) = 0;
};

/// The scoring service behind `channel`, called on behalf of the call that is being served.
std::unique_ptr<Scoring> MakeScoringClient(const std::shared_ptr<grpc::Channel>& channel);

}  // namespace waymark::action
