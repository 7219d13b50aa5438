#include "services/journey/map_picture.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::journey {
namespace {

using ::testing::ElementsAre;

MapWithParts SmallMap() {
  MapWithParts parts;
  parts.map.set_name("tenants/demo/journeyMaps/onboarding");
  parts.map.set_revision(4);
  parts.map.set_kind(v1::JourneyMap::KIND_TO_BE);
  v1::Stage& stage = *parts.map.add_stages();
  stage.set_id("arrival");
  for (const char* id : {"check-in", "board"}) {
    v1::Step& step = *stage.add_steps();
    step.set_id(id);
    step.set_touchpoint("desk");
    step.set_expectation("no queue");
  }
  stage.mutable_steps(0)->set_display_name("Check in");
  v1::Touchpoint& desk = parts.touchpoints.emplace_back();
  desk.set_name("tenants/demo/touchpoints/desk");
  desk.set_display_name("Check-in desk");
  desk.set_channel("airport");
  return parts;
}

TEST(MapPictureTest, PrefersNamesThatPeopleGaveToIds) {
  const render::JourneyMapPicture picture = MakePicture(SmallMap(), {});
  EXPECT_EQ(picture.title, "onboarding");
  EXPECT_EQ(picture.revision, 4);
  EXPECT_EQ(picture.kind, render::MapKind::kToBe);
  EXPECT_FALSE(picture.baseline.has_value());
  ASSERT_EQ(picture.stages.size(), 1u);
  EXPECT_EQ(picture.stages[0].name, "arrival");
  const auto& steps = picture.stages[0].steps;
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].name, "Check in");
  EXPECT_EQ(steps[1].name, "board");
  EXPECT_EQ(steps[0].touchpoint, "Check-in desk");
  EXPECT_EQ(steps[0].channel, "airport");
  EXPECT_EQ(steps[0].goal, "no queue");
  EXPECT_FALSE(steps[0].score.has_value());
}

TEST(MapPictureTest, LaysScoresAndFindingsOverTheirSteps) {
  v1::MapOverlay overlay;
  overlay.mutable_baseline()->set_value(70);
  overlay.set_baseline_label("mean of the journey");
  v1::StepOverlay& low = *overlay.add_steps();
  low.set_step("board");
  low.mutable_score()->set_value(52.5);
  low.mutable_score()->set_lower(50);
  low.mutable_score()->set_upper(55);
  low.mutable_score()->set_n(80);
  low.set_pain_point(true);
  low.add_quotes("late again");
  low.add_actions("Open a second gate");
  v1::StepOverlay& unknown = *overlay.add_steps();
  unknown.set_step("check-in");
  unknown.mutable_score()->set_suppressed(true);

  const render::JourneyMapPicture picture = MakePicture(SmallMap(), overlay);
  EXPECT_EQ(picture.baseline, 70);
  const auto& steps = picture.stages[0].steps;
  EXPECT_TRUE(steps[0].score->suppressed);
  EXPECT_FALSE(steps[0].baseline_delta.has_value());
  EXPECT_EQ(steps[1].score->value, 52.5);
  EXPECT_EQ(steps[1].score->n, 80);
  EXPECT_EQ(steps[1].baseline_delta, -17.5);
  EXPECT_TRUE(steps[1].pain_point);
  EXPECT_THAT(steps[1].quotes, ElementsAre("late again"));
  EXPECT_THAT(steps[1].opportunities, ElementsAre("Open a second gate"));
}

TEST(MapPictureTest, ASuppressedBaselineIsNotDrawn) {
  v1::MapOverlay overlay;
  overlay.mutable_baseline()->set_suppressed(true);
  EXPECT_FALSE(MakePicture(SmallMap(), overlay).baseline.has_value());
}

}  // namespace
}  // namespace waymark::journey
