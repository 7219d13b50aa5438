#include "services/cli/journey_file.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::cli {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::string ErrorOf(const std::string& yaml) {
  const auto file = ParseJourneyFile(yaml, "f.yaml", "demo");
  return file.ok() ? "no error" : std::string(file.status().message());
}

TEST(JourneyFile, ReadsTheDemo) {
  const auto file = LoadJourneyFile("services/cli/demo/journey.yaml", "acme");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_THAT(file->touchpoints, SizeIs(11));
  EXPECT_EQ(file->touchpoints[0].name(), "tenants/acme/touchpoints/website");
  EXPECT_EQ(file->touchpoints[0].rules(0).activity(), "visit-website");
  ASSERT_THAT(file->personas, SizeIs(1));
  EXPECT_EQ(file->personas[0].needs_size(), 2);
  ASSERT_THAT(file->journey_maps, SizeIs(1));
  const auto& map = file->journey_maps[0];
  EXPECT_EQ(map.name(), "tenants/acme/journeyMaps/become-and-stay-a-customer");
  EXPECT_EQ(map.persona(), "tenants/acme/personas/new-customer");
  EXPECT_EQ(map.kind(), journey::v1::JourneyMap::KIND_AS_IS);
  EXPECT_EQ(map.stages_size(), 5);
  EXPECT_EQ(map.stages(0).steps(1).id(), "compare-plans");
  EXPECT_EQ(map.stages(0).steps(1).touchpoint(), "plan-finder");
}

TEST(JourneyFile, ReadsNestedConditionsAndNumbers) {
  const auto file = ParseJourneyFile(
      "personas:\n- {id: p, membership: [{key: segment, values: [home, family]}]}\n"
      "journey_maps:\n- {id: m, target_score: 72.5, sources: [a, b]}\n",
      "f.yaml", "demo");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->personas[0].membership(0).values(1), "family");
  EXPECT_EQ(file->journey_maps[0].target_score(), 72.5);
  EXPECT_EQ(file->journey_maps[0].sources_size(), 2);
}

TEST(JourneyFile, NamesUnknownKeysWithTheirLine) {
  EXPECT_THAT(
      ErrorOf("touchpoints:\n- id: a\n  colour: red\n"),
      AllOf(HasSubstr("f.yaml: line 3: "), HasSubstr("'colour'"), HasSubstr("display_name")));
  EXPECT_THAT(ErrorOf("touchpoints:\n- {id: a}\nmaps: []\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'maps'"), HasSubstr("journey_maps")));
  EXPECT_THAT(
      ErrorOf("journey_maps:\n- id: m\n  stages:\n  - id: s\n    steps:\n    - {id: t, does: x}\n"),
      AllOf(HasSubstr("line 6"), HasSubstr("'does'"), HasSubstr("doing")));
}

TEST(JourneyFile, RefusesWhatTheServerSets) {
  EXPECT_THAT(ErrorOf("touchpoints:\n- {id: a, etag: x}\n"), HasSubstr("unknown key 'etag'"));
}

TEST(JourneyFile, NamesBadValuesWithTheirLine) {
  EXPECT_THAT(ErrorOf("journey_maps:\n- id: m\n  kind: sideways\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'sideways'"), HasSubstr("as_is, to_be")));
  EXPECT_THAT(ErrorOf("journey_maps:\n- id: m\n  target_score: high\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'high'")));
  EXPECT_THAT(ErrorOf("touchpoints:\n- display_name: x\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("id is missing")));
  EXPECT_THAT(ErrorOf("touchpoints:\n- id: a b\n"), AllOf(HasSubstr("line 2"), HasSubstr("'a b'")));
  EXPECT_THAT(ErrorOf("touchpoints:\n- id: a\n- id: a\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("twice")));
  EXPECT_THAT(ErrorOf("touchpoints: {id: a}\n"), HasSubstr("must be a list"));
}

TEST(JourneyFile, NamesTheLineOfBrokenYaml) {
  EXPECT_THAT(ErrorOf("touchpoints:\n- {id: a\n"),
              AllOf(HasSubstr("f.yaml: line "), HasSubstr("YAML")));
}

TEST(JourneyFile, SaysWhenThereIsNoFile) {
  const auto file = LoadJourneyFile("no-such-file.yaml", "demo");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("no-such-file.yaml"));
}

}  // namespace
}  // namespace waymark::cli
