#include "services/cli/map_overlay.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::cli {
namespace {

using action::v1::Action;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kMap[] = "tenants/demo/journeyMaps/m";

class MapOverlayTest : public testing::Test {
 protected:
  MapOverlayTest() {
    report_.set_journey_map(kMap);
    report_.mutable_baseline()->set_value(68);
    for (const char* id : {"order", "visit"}) {
      auto& step = *report_.add_steps();
      step.set_step(id);
      step.mutable_score()->set_value(70);
    }
    AddPriority("p1", 1, "Visit disappoints", "visit");
    AddPriority("p2", 2, "Order loses customers", "order");
  }

  void AddPriority(const std::string& id, int rank, const std::string& title,
                   const std::string& step) {
    auto& priority = *priorities_.add_priorities();
    priority.set_name(absl::StrCat(kMap, "/priorities/", id));
    priority.set_rank(rank);
    priority.set_title(title);
    priority.set_step(step);
  }

  journey::v1::MapOverlay Overlay() { return MakeOverlay(report_, priorities_, actions_, "now"); }

  scoring::v1::ScoreReport report_;
  scoring::v1::ListPrioritiesResponse priorities_;
  action::v1::ListActionsResponse actions_;
};

TEST_F(MapOverlayTest, CarriesScoresAndPainPoints) {
  auto& visit = *report_.mutable_steps(1);
  visit.set_pain_point(true);
  visit.set_reason("23 points below");
  const auto overlay = Overlay();
  EXPECT_EQ(overlay.baseline().value(), 68);
  EXPECT_EQ(overlay.baseline_label(), "mean of the journey's steps");
  EXPECT_EQ(overlay.as_of(), "now");
  ASSERT_EQ(overlay.steps_size(), 2);
  EXPECT_EQ(overlay.steps(0).score().value(), 70);
  EXPECT_FALSE(overlay.steps(0).pain_point());
  EXPECT_TRUE(overlay.steps(1).pain_point());
  EXPECT_EQ(overlay.steps(1).reason(), "23 points below");
}

TEST_F(MapOverlayTest, ShowsActionsInPlaceOfTheirPriority) {
  Action& action = *actions_.add_actions();
  action.set_display_name("Train the crew");
  action.set_due_date("2026-12-31");
  action.set_priority(priorities_.priorities(0).name());
  const auto overlay = Overlay();
  EXPECT_THAT(overlay.steps(0).actions(), ElementsAre("Priority 2: Order loses customers"));
  EXPECT_THAT(overlay.steps(1).actions(), ElementsAre("Action, due 2026-12-31: Train the crew"));
}

TEST_F(MapOverlayTest, ShowsActionsByTheirKpiButNotEndedOnes) {
  priorities_.Clear();
  Action& action = *actions_.add_actions();
  action.set_display_name("Shorten the form");
  action.mutable_kpi()->set_journey_map(kMap);
  action.mutable_kpi()->set_step("order");
  Action& done = *actions_.add_actions();
  done = action;
  done.set_state(Action::STATE_DONE);
  EXPECT_THAT(Overlay().steps(0).actions(), ElementsAre("Action: Shorten the form"));
  actions_.mutable_actions(0)->mutable_kpi()->set_journey_map("tenants/demo/journeyMaps/other");
  EXPECT_THAT(Overlay().steps(0).actions(), IsEmpty());
}

TEST_F(MapOverlayTest, ShowsQuotesThatSayTheSameOnce) {
  auto& step = *report_.mutable_steps(0);
  for (const char* quote : {"Slow.", "Slow. Write to [EMAIL].", "Never again."}) {
    step.add_quotes(quote);
  }
  EXPECT_THAT(Overlay().steps(0).quotes(), ElementsAre("Slow.", "Never again."));
}

}  // namespace
}  // namespace waymark::cli
