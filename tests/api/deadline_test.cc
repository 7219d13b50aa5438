#include "absl/strings/str_cat.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"

namespace waymark::api_test {
namespace {

/// A position that no feed will ever reach.
constexpr char kFarFuture[] = "7fffffffffffffff7fffffffffffffffffffffff";

class DeadlineTest : public ApiTest {};

TEST_F(DeadlineTest, AReadOfAFarPositionSaysSoWithinTheDeadline) {
  const std::map<std::string, std::string> valid = {
      {"waymark.feedback.v1.SignalService.GetConversation",
       "parent: '$0' source: 's' conversation: 'c'"},
      {"waymark.feedback.v1.SourceService.GetSourceStatistics",
       "name: '$0/sources/web/statistics'"},
      {"waymark.journey.v1.DiscoveryService.ComputeFunnel",
       "parent: '$0' activities: 'a' activities: 'b'"},
      {"waymark.scoring.v1.ScoringService.ComputeMetric", "parent: '$0' metric: METRIC_NPS"},
      {"waymark.scoring.v1.ScoringService.GetScoreReport", "name: '$0/journeyMaps/m'"},
      {"waymark.scoring.v1.ScoringService.ListPriorities", "parent: '$0/journeyMaps/m'"}};
  // Statistics are of a source that there is.
  Ingest(client_, {Visit("v", "ann", "arrive")});
  int checked = 0;
  for (const auto* method : server_->schema().Methods()) {
    if (method->input_type()->FindFieldByName("min_position") == nullptr) continue;
    const auto found = valid.find(method->full_name());
    const std::string request = absl::StrCat(found == valid.end() ? "parent: '$0'" : found->second,
                                             " min_position: '", kFarFuture, "'");
    // Were it the client that gave up, there would be no details.
    EXPECT_THAT(
        client_.Send(method->full_name().substr(sizeof("waymark")), request, absl::Seconds(1))
            .status,
        Fails(grpc::DEADLINE_EXCEEDED, "POSITION_NOT_REACHED"))
        << method->full_name();
    ++checked;
  }
  EXPECT_GE(checked, 13);
}

TEST_F(DeadlineTest, AFeedWithoutNewsAnswersWithinTheDeadline) {
  feedback::v1::PullFeedRequest request;
  request.set_parent(client_.parent());
  request.mutable_wait()->set_seconds(30);
  feedback::v1::PullFeedResponse page;
  EXPECT_THAT(client_.Try(request, &page, absl::Seconds(1)), IsOk());
  EXPECT_TRUE(page.at_end());
  EXPECT_EQ(page.changes_size(), 0);
}

}  // namespace
}  // namespace waymark::api_test
