#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/feed/consumer.h"
#include "waymark/feedback/v1/touchpoint_catalogue.pb.h"

namespace grpc {
class Channel;
}

namespace waymark::journey {

/// What the journey service needs of the feedback service. Thread-safe.
class Feedback : public feed::ChangeSource {
 public:
  /// Gives feedback the whole catalogue; the answer is the catalogue that it knows now, which is
  /// another one when it has a higher revision.
  virtual absl::StatusOr<feedback::v1::TouchpointCatalogue> PushCatalogue(
      const feedback::v1::TouchpointCatalogue& catalogue, absl::Duration timeout) = 0;
};

/// The feedback service behind `channel`, called with the service role.
std::unique_ptr<Feedback> MakeFeedbackClient(const std::shared_ptr<grpc::Channel>& channel);

}  // namespace waymark::journey
