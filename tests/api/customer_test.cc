// What people say about signals: which customers are the same person, and where a signal belongs.
// Journeys and scores follow, and follow again when it is taken back.
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "tests/api/server.h"
#include "tests/api/signals.h"
#include "waymark/feedback/v1/customer_service.pb.h"
#include "waymark/feedback/v1/signal_service.pb.h"
#include "waymark/journey/v1/discovery_service.pb.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::api_test {
namespace {

using feedback::v1::CustomerLink;
using feedback::v1::Signal;
using ::testing::ElementsAre;

// Few enough for one batch, enough for scores not to be suppressed.
constexpr int kPeople = 12;

// Everybody arrives on the web, where they are unhappy, and buys in the app, where they are happy.
class CustomerTest : public ApiTest {
 protected:
  CustomerTest() {
    for (const char* touchpoint : {"web", "app"}) {
      EXPECT_THAT(client_
                      .Send("UpdateTouchpoint", absl::StrCat("touchpoint { name: '$0/touchpoints/",
                                                             touchpoint, "' } allow_missing: true"))
                      .status,
                  IsOk());
    }
    EXPECT_THAT(client_
                    .Send("UpdateJourneyMap",
                          "journey_map { name: '$0/journeyMaps/m' stages { id: 's' "
                          "steps { id: 'web' touchpoint: 'web' } "
                          "steps { id: 'app' touchpoint: 'app' } } } allow_missing: true")
                    .status,
                IsOk());
    std::vector<Signal> signals;
    for (int i = 0; i < kPeople; ++i) {
      signals.push_back(Visit(absl::StrCat("arrive", i), absl::StrCat("web-", i), "arrive", i));
      signals.push_back(Visit(absl::StrCat("buy", i), absl::StrCat("app-", i), "buy", 100 + i));
      signals.push_back(Survey(absl::StrCat("web", i), absl::StrCat("web-", i)));
      Rate("sat", 1, &signals.back())->set_touchpoint("web");
      signals.push_back(Survey(absl::StrCat("app", i), absl::StrCat("app-", i)));
      Rate("sat", 5, &signals.back())->set_touchpoint("app");
    }
    position_ = Ingest(client_, signals).position();
  }

  // "from>to count" of what customers did, and how many cases there are.
  std::vector<std::string> Journeys() const {
    journey::v1::DiscoverGraphRequest request;
    request.set_parent(client_.parent());
    request.set_min_position(position_);
    const auto graph = client_.Get<journey::v1::DiscoverGraphResponse>(request).graph();
    std::vector<std::string> told = {absl::StrCat(graph.cases(), " cases")};
    for (const auto& edge : graph.edges()) {
      told.push_back(absl::StrCat(edge.from(), ">", edge.to(), " ", edge.count()));
    }
    return told;
  }

  // How many customers the journey's and each step's score is made of, and the journey's.
  std::vector<std::string> Scores() const {
    scoring::v1::GetScoreReportRequest request;
    request.set_name(client_.parent() + "/journeyMaps/m");
    request.set_min_position(position_);
    const auto report = client_.Get<scoring::v1::ScoreReport>(request);
    std::vector<std::string> told = {
        absl::Substitute("$0 of $1", report.score().value(), report.score().n())};
    for (const auto& step : report.steps()) {
      told.push_back(absl::StrCat(step.step(), " of ", step.score().n()));
    }
    return told;
  }

  CustomerLink Link(const std::string& one, const std::string& other) {
    feedback::v1::CreateCustomerLinkRequest request;
    request.set_parent(client_.parent());
    request.mutable_customer_link()->set_customer(one);
    request.mutable_customer_link()->set_linked_customer(other);
    const auto link = client_.Get<CustomerLink>(request);
    position_ = link.position();
    return link;
  }

  std::string position_;
};

TEST_F(CustomerTest, LinkedIdsAreOneCustomerUntilTheyAreUnlinked) {
  EXPECT_THAT(Journeys(), ElementsAre("24 cases"));
  EXPECT_THAT(Scores(), ElementsAre("50.5 of 24", "web of 12", "app of 12"));
  std::vector<CustomerLink> links;
  for (int i = 0; i < kPeople; ++i) {
    links.push_back(Link(absl::StrCat("web-", i), absl::StrCat("app-", i)));
  }
  EXPECT_THAT(Journeys(), ElementsAre("12 cases", "arrive>buy 12"));
  EXPECT_THAT(Scores(), ElementsAre("50.5 of 12", "web of 12", "app of 12"));

  // Those that come later are of the same customer.
  position_ = Ingest(client_, {Visit("stay", "app-0", "stay", 200)}).position();
  EXPECT_THAT(Journeys(), ElementsAre("12 cases", "arrive>buy 12", "buy>stay 1"));

  feedback::v1::GetCustomerRequest get;
  get.set_parent(client_.parent());
  get.set_customer("web-3");
  const auto customer = client_.Get<feedback::v1::Customer>(get);
  EXPECT_EQ(customer.canonical_customer(), "app-3");
  EXPECT_THAT(customer.customers(), ElementsAre("app-3", "web-3"));

  for (const CustomerLink& link : links) {
    feedback::v1::DeleteCustomerLinkRequest request;
    request.set_name(link.name());
    position_ = client_.Get<feedback::v1::DeleteCustomerLinkResponse>(request).position();
  }
  EXPECT_THAT(Journeys(), ElementsAre("24 cases", "buy>stay 1"));
  EXPECT_THAT(Scores(), ElementsAre("50.5 of 24", "web of 12", "app of 12"));
}

TEST_F(CustomerTest, ACorrectedAnswerScoresWhereItBelongsUntilThatIsTakenBack) {
  feedback::v1::CorrectSignalRequest request;
  request.set_parent(client_.parent());
  request.set_source("survey");
  request.set_external_id("web0");
  request.set_question("sat");
  request.set_touchpoint("app");
  const auto corrected = client_.Get<feedback::v1::CorrectSignalResponse>(request);
  position_ = corrected.position();
  const auto& placement = corrected.stored_signal().enrichment().placements(0);
  EXPECT_EQ(placement.touchpoint(), "app");
  EXPECT_TRUE(placement.corrected());
  EXPECT_THAT(Scores(), ElementsAre("50.5 of 24", "web of 11", "app of 13"));

  // Of a later revision, too.
  Signal revised = Survey("web0", "web-0");
  revised.set_revision(1);
  Rate("sat", 5, &revised)->set_touchpoint("web");
  position_ = Ingest(client_, {revised}).position();
  EXPECT_THAT(Scores(), ElementsAre("54.625 of 24", "web of 11", "app of 13"));

  request.set_clear(true);
  position_ = client_.Get<feedback::v1::CorrectSignalResponse>(request).position();
  EXPECT_THAT(Scores(), ElementsAre("54.625 of 24", "web of 12", "app of 12"));
}

TEST_F(CustomerTest, OneWrongLinkCannotMakeATenantOneCustomer) {
  for (int i = 1; i < 100; ++i) Link("c0", absl::StrCat("c", i));
  EXPECT_THAT(client_
                  .Send("CreateCustomerLink",
                        "parent: '$0' customer_link { customer: 'c7' linked_customer: 'web-1' }")
                  .status,
              Fails(grpc::FAILED_PRECONDITION, "CUSTOMER_TOO_LARGE"));
  EXPECT_THAT(client_
                  .Send("CreateCustomerLink",
                        "parent: '$0' customer_link { customer: 'c7' linked_customer: 'c8' }")
                  .status,
              IsOk());
}

}  // namespace
}  // namespace waymark::api_test
