#include "services/journey/peers.h"

#include "libs/rpc/channel.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"

namespace waymark::journey {
namespace {

/// What a pull may take besides the wait that it asks for.
constexpr absl::Duration kPullAllowance = absl::Seconds(20);

class GrpcFeedback : public Feedback {
 public:
  explicit GrpcFeedback(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(feedback::v1::FeedbackService::NewStub(channel)) {}

  absl::StatusOr<feedback::v1::PullFeedResponse> Pull(
      const feedback::v1::PullFeedRequest& request) override {
    return rpc::ClientCall(*stub_, &feedback::v1::FeedbackService::StubInterface::PullFeed, request,
                           {.tenant = rpc::kAllTenants,
                            .timeout = absl::Seconds(request.wait().seconds()) + kPullAllowance});
  }

  absl::StatusOr<feedback::v1::TouchpointCatalogue> PushCatalogue(
      const feedback::v1::TouchpointCatalogue& catalogue, absl::Duration timeout) override {
    feedback::v1::UpdateTouchpointCatalogueRequest request;
    *request.mutable_touchpoint_catalogue() = catalogue;
    return rpc::ClientCall(*stub_,
                           &feedback::v1::FeedbackService::StubInterface::UpdateTouchpointCatalogue,
                           request, {.tenant = rpc::kAllTenants, .timeout = timeout});
  }

 private:
  const std::unique_ptr<feedback::v1::FeedbackService::StubInterface> stub_;
};

}  // namespace

std::unique_ptr<Feedback> MakeFeedbackClient(const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcFeedback>(channel);
}

}  // namespace waymark::journey
