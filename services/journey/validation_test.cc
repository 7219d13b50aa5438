#include "services/journey/validation.h"

#include <functional>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::journey {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> FieldsOf(const Problems& problems) {
  std::vector<std::string> fields;
  for (const Problem& problem : problems) fields.push_back(problem.field);
  return fields;
}

v1::JourneyMap GoodMap() {
  v1::JourneyMap map;
  map.set_name("tenants/demo/journeyMaps/onboarding");
  map.set_persona("tenants/demo/personas/ann");
  map.set_review_date("2028-02-29");
  map.set_target_score(70);
  map.add_sources("shop");
  for (const char* id : {"before", "after"}) {
    v1::Stage& stage = *map.add_stages();
    stage.set_id(id);
    v1::Step& step = *stage.add_steps();
    step.set_id(std::string("step-") + id);
    step.set_touchpoint("desk");
  }
  return map;
}

TEST(ValidationTest, AGoodMapHasNoProblems) { EXPECT_THAT(Check(GoodMap()), IsEmpty()); }

struct BadMap {
  const char* field;
  std::function<void(v1::JourneyMap&)> spoil;
};

class BadMapTest : public ::testing::TestWithParam<BadMap> {};

TEST_P(BadMapTest, TheFieldIsNamed) {
  v1::JourneyMap map = GoodMap();
  GetParam().spoil(map);
  EXPECT_THAT(FieldsOf(Check(map)), ElementsAre(GetParam().field));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadMapTest,
    ::testing::Values(
        BadMap{"display_name", [](auto& map) { map.set_display_name(std::string(257, 'x')); }},
        BadMap{"kind", [](auto& map) { map.set_kind(static_cast<v1::JourneyMap::Kind>(9)); }},
        BadMap{"persona", [](auto& map) { map.set_persona("tenants/acme/personas/ann"); }},
        BadMap{"persona", [](auto& map) { map.set_persona("ann"); }},
        BadMap{"review_date", [](auto& map) { map.set_review_date("2026-02-29"); }},
        BadMap{"review_date", [](auto& map) { map.set_review_date("1 March 2026"); }},
        BadMap{"review_date", [](auto& map) { map.set_review_date("2026-3-1"); }},
        BadMap{"target_score", [](auto& map) { map.set_target_score(100.5); }},
        BadMap{"target_score", [](auto& map) { map.set_target_score(0.5); }},
        BadMap{"target_score",
               [](auto& map) { map.set_target_score(std::numeric_limits<double>::quiet_NaN()); }},
        BadMap{"sources[0]", [](auto& map) { map.set_sources(0, "my shop"); }},
        BadMap{"stages", [](auto& map) { map.clear_stages(); }},
        BadMap{"stages[1].id", [](auto& map) { map.mutable_stages(1)->set_id("before"); }},
        BadMap{"stages[1].id", [](auto& map) { map.mutable_stages(1)->clear_id(); }},
        BadMap{"stages[0].steps", [](auto& map) { map.mutable_stages(0)->clear_steps(); }},
        BadMap{"stages[1].steps[0].id",
               [](auto& map) { map.mutable_stages(1)->mutable_steps(0)->set_id("step-before"); }},
        BadMap{"stages[1].steps[0].touchpoint",
               [](auto& map) { map.mutable_stages(1)->mutable_steps(0)->clear_touchpoint(); }}));

TEST(ValidationTest, EveryProblemIsReportedAtOnce) {
  v1::JourneyMap map = GoodMap();
  map.set_review_date("soon");
  map.set_target_score(-1);
  EXPECT_THAT(FieldsOf(Check(map)), ElementsAre("review_date", "target_score"));
  EXPECT_EQ(Check(map)[0].value, "soon");
}

TEST(ValidationTest, ARuleSetsAtLeastOneCondition) {
  v1::Touchpoint touchpoint;
  touchpoint.add_rules()->set_channel("web");
  touchpoint.add_rules();
  touchpoint.add_rules()->set_source("not an id");
  EXPECT_THAT(FieldsOf(Check(touchpoint)), ElementsAre("rules[1]", "rules[2].source"));
}

TEST(ValidationTest, AConditionHasAKeyAndValues) {
  v1::Persona persona;
  persona.add_goals("save time");
  auto& condition = *persona.add_membership();
  condition.set_key("segment");
  condition.add_values("home");
  EXPECT_THAT(Check(persona), IsEmpty());
  condition.clear_values();
  persona.add_membership()->add_values("");
  persona.add_needs("");
  EXPECT_THAT(FieldsOf(Check(persona)),
              ElementsAre("needs[0]", "membership[0].values", "membership[1].key",
                          "membership[1].values[0]"));
}

TEST(ValidationTest, AnOverlayNamesStepsOfTheMapOnce) {
  v1::MapOverlay overlay;
  overlay.add_steps()->set_step("step-before");
  overlay.mutable_steps(0)->mutable_score()->set_value(71);
  EXPECT_THAT(Check(overlay, GoodMap()), IsEmpty());
  overlay.add_steps()->set_step("step-before");
  overlay.add_steps()->set_step("step-never");
  overlay.mutable_baseline()->set_value(101);
  EXPECT_THAT(
      FieldsOf(Check(overlay, GoodMap())),
      ElementsAre("overlay.baseline.value", "overlay.steps[1].step", "overlay.steps[2].step"));
}

}  // namespace
}  // namespace waymark::journey
