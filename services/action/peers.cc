#include "services/action/peers.h"

#include "libs/rpc/channel.h"
#include "services/action/errors.h"
#include "waymark/scoring/v1/scoring_service.grpc.pb.h"

namespace waymark::action {
namespace {

using scoring::v1::ScoringService;

constexpr absl::Duration kTimeout = absl::Seconds(20);
constexpr int kPageSize = 500;

absl::Status Explain(const absl::Status& status) {
  return absl::IsUnavailable(status) ? errors::PeerUnavailable("scoring", status) : status;
}

class GrpcScoring : public Scoring {
 public:
  explicit GrpcScoring(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(ScoringService::NewStub(channel)) {}

  absl::StatusOr<std::optional<Priority>> FindPriority(const rpc::CallContext& call,
                                                       const std::string& name) override {
    scoring::v1::ListPrioritiesRequest request;
    request.set_parent(name.substr(0, name.find("/priorities/")));
    request.set_page_size(kPageSize);
    do {
      const auto page = rpc::ClientCall(*stub_, &ScoringService::StubInterface::ListPriorities,
                                        request, {.parent = &call, .timeout = kTimeout});
      if (!page.ok()) return Explain(page.status());
      for (const scoring::v1::Priority& priority : page->priorities()) {
        if (priority.name() == name) return Priority{priority.title(), priority.step()};
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return std::nullopt;
  }

  absl::StatusOr<Scores> GetScores(const rpc::CallContext& call, const std::string& journey_map,
                                   const common::v1::TimeRange& when) override {
    scoring::v1::GetScoreReportRequest request;
    request.set_name(journey_map);
    *request.mutable_time_range() = when;
    const auto report = rpc::ClientCall(*stub_, &ScoringService::StubInterface::GetScoreReport,
                                        request, {.parent = &call, .timeout = kTimeout});
    if (!report.ok()) return Explain(report.status());
    Scores scores = {.baseline = report->baseline()};
    for (const scoring::v1::StepScore& step : report->steps()) {
      scores.steps.push_back({step.step(), step.score()});
    }
    return scores;
  }

 private:
  const std::unique_ptr<ScoringService::StubInterface> stub_;
};

}  // namespace

std::unique_ptr<Scoring> MakeScoringClient(const std::shared_ptr<grpc::Channel>& channel) {
  return std::make_unique<GrpcScoring>(channel);
}

}  // namespace waymark::action
