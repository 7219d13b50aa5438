#include "libs/render/journey_map_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <pugixml.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/render/map_frame.h"

namespace waymark::render {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StepPicture Step(const std::string& name, double value) {
  StepPicture step;
  step.name = name;
  step.touchpoint = name + " desk";
  step.channel = "Website";
  step.score = StepScore{value, value - 3, value + 3, 1234};
  return step;
}

StepPicture PainfulStep() {
  StepPicture step = Step("Boarding", 41.3);
  step.goal = "Sit down";
  step.doing = "Queues twice";
  step.pain_point = true;
  step.baseline_delta = -28.7;
  step.reason = "Two queues for one gate";
  step.quotes = {"Chaos at the gate", "Never again"};
  step.opportunities = {"Board by zone"};
  step.staff_note = "Scanner breaks daily";
  return step;
}

JourneyMapPicture Sample() {
  JourneyMapPicture picture;
  picture.title = "Flying home";
  picture.persona = "Commuter";
  picture.purpose = "Fix boarding";
  picture.revision = 3;
  picture.owner = "Ana";
  picture.review_date = "2026-12-01";
  picture.baseline = 70;
  picture.baseline_label = "journey mean";
  picture.as_of = "2026-10-01";
  picture.definition = "Score v1";
  StepPicture few = Step("Lounge", 97.3);
  few.score->suppressed = true;
  picture.stages = {{"Arrive", {Step("Parking", 75.5), Step("Check-in", 68)}},
                    {"Fly", {PainfulStep(), few}},
                    {"Leave", {Step("Baggage", 72)}}};
  return picture;
}

pugi::xml_document Parse(const std::string& svg) {
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_string(svg.c_str());
  EXPECT_TRUE(result) << result.description();
  return document;
}

std::string AllText(const pugi::xml_document& document) {
  std::string all;
  for (const auto& found : document.select_nodes("//text")) {
    absl::StrAppend(&all, found.node().text().get(), "\n");
  }
  return all;
}

size_t Count(const pugi::xml_document& document, const std::string& query) {
  return document.select_nodes(query.c_str()).size();
}

TEST(JourneyMapSvgTest, ShowsEveryStageStepAndLabel) {
  const std::string text = AllText(Parse(RenderJourneyMapSvg(Sample())));
  for (const char* expected : {"Flying home",
                               "Persona: Commuter",
                               "Fix boarding",
                               "AS-IS",
                               "Ana",
                               "2026-12-01",
                               "Arrive",
                               "Fly",
                               "Leave",
                               "Parking",
                               "Check-in",
                               "Boarding",
                               "Lounge",
                               "Baggage",
                               "Parking desk",
                               "Website",
                               "75.5",
                               "n 1,234",
                               "Baseline 70.0",
                               "journey mean",
                               "41.3",
                               "below baseline",
                               "−28.7",
                               "Sit down",
                               "Queues twice",
                               "Chaos at the gate",
                               "Never again",
                               "Board by zone",
                               "Scanner breaks",
                               "95 % confidence interval",
                               "As of 2026-10-01. Score v1"}) {
    EXPECT_THAT(text, HasSubstr(expected));
  }
}

TEST(JourneyMapSvgTest, OnlyPainPointsAreRed) {
  const pugi::xml_document document = Parse(RenderJourneyMapSvg(Sample()));
  EXPECT_EQ(Count(document, "//g[@class='step-score']/*[@class='point pain']"), 1u);
  EXPECT_EQ(Count(document, "//g[@class='step-score']/*[@class='point below']"), 1u);
  EXPECT_EQ(Count(document, "//g[@class='step-score']/*[@class='point above']"), 2u);
  EXPECT_EQ(Count(document, "//g[@class='step']/*[@class='card pain']"), 1u);

  JourneyMapPicture healthy = Sample();
  healthy.stages[1].steps[0].pain_point = false;
  const std::string svg = RenderJourneyMapSvg(healthy);
  EXPECT_EQ(Count(Parse(svg), "//*[contains(@class, 'pain')]"), 0u);
}

TEST(JourneyMapSvgTest, ASuppressedScoreIsNowhereInTheDocument) {
  const std::string svg = RenderJourneyMapSvg(Sample());
  EXPECT_EQ(Count(Parse(svg), "//g[@class='step-score']/*[@class='point suppressed']"), 1u);
  EXPECT_THAT(AllText(Parse(svg)), HasSubstr("n<10"));
  EXPECT_THAT(svg, Not(HasSubstr("97.3")));
  JourneyMapPicture other = Sample();
  other.stages[1].steps[1].score->value = 3;
  other.stages[1].steps[1].score->upper = 99;
  EXPECT_EQ(svg, RenderJourneyMapSvg(other));
}

TEST(JourneyMapSvgTest, HostileTextStaysText) {
  const std::string hostile = "<script>alert('x')</script>&\"]]>\x01\xff--><g class=\"pain\">";
  JourneyMapPicture picture = Sample();
  picture.title = picture.persona = picture.owner = picture.as_of = picture.definition = hostile;
  picture.legend.interval = picture.baseline_label = hostile;
  for (StagePicture& stage : picture.stages) {
    stage.name = hostile;
    for (StepPicture& step : stage.steps) {
      step.name = step.touchpoint = step.channel = step.goal = step.reason = hostile;
      step.quotes = step.opportunities = {hostile, hostile, hostile};
    }
  }
  const pugi::xml_document document =
      Parse(RenderJourneyMapSvg(picture, {.id_prefix = "\"><script>"}));
  EXPECT_EQ(Count(document, "//script"), 0u);
  EXPECT_EQ(Count(document, "//g[@class='pain']"), 0u);
  EXPECT_STREQ(document.child("svg").child("title").text().get(),
               "<script>alert('x')</script>&\"]]>--><g class=\"pain\">");
}

TEST(JourneyMapSvgTest, SameInputGivesTheSameBytes) {
  EXPECT_EQ(RenderJourneyMapSvg(Sample()), RenderJourneyMapSvg(Sample()));
}

TEST(JourneyMapSvgTest, SaysInWordsWhatItShows) {
  const pugi::xml_document document = Parse(RenderJourneyMapSvg(Sample(), {.id_prefix = "m1"}));
  const pugi::xml_node svg = document.child("svg");
  EXPECT_STREQ(svg.attribute("role").value(), "img");
  EXPECT_STREQ(svg.attribute("aria-labelledby").value(), "m1-title m1-desc");
  EXPECT_STREQ(svg.child("title").attribute("id").value(), "m1-title");
  EXPECT_THAT(svg.child("desc").text().get(),
              HasSubstr("Boarding scores 41.3 (38.3 to 44.3, n 1,234), below baseline."));
  EXPECT_THAT(svg.child("desc").text().get(), HasSubstr("Lounge is not shown, n<10."));
}

TEST(JourneyMapSvgTest, EmptyLanesAreLeftOut) {
  JourneyMapPicture picture;
  picture.stages = {{"Arrive", {StepPicture{.name = "Parking"}}}};
  const std::string text = AllText(Parse(RenderJourneyMapSvg(picture)));
  EXPECT_THAT(text, HasSubstr("Parking"));
  for (const char* lane : {"Customer goal", "Touchpoint", "Experience", "Pain points",
                           "Customers say", "Staff note", "Opportunities", "Legend"}) {
    EXPECT_THAT(text, Not(HasSubstr(lane)));
  }
}

TEST(JourneyMapSvgTest, AMapWithoutStagesSaysSo) {
  EXPECT_THAT(AllText(Parse(RenderJourneyMapSvg({}))), HasSubstr("This map has no stages yet."));
}

TEST(JourneyMapSvgTest, AStageWithoutStepsKeepsItsPlace) {
  JourneyMapPicture picture = Sample();
  picture.stages.insert(picture.stages.begin() + 1, StagePicture{"Wait", {}});
  const pugi::xml_document document = Parse(RenderJourneyMapSvg(picture));
  EXPECT_THAT(AllText(document), HasSubstr("Wait"));
  EXPECT_EQ(Count(document, "//g[@class='step']"), 5u);
}

TEST(JourneyMapSvgTest, ScoresThatAreNotFiniteCountAsAbsent) {
  JourneyMapPicture picture = Sample();
  picture.stages[0].steps[0].score->value = std::nan("");
  picture.stages[0].steps[1].score->upper = std::numeric_limits<double>::infinity();
  picture.baseline = std::nan("");
  const std::string svg = RenderJourneyMapSvg(picture);
  EXPECT_THAT(svg, HasSubstr("Parking has no score."));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(JourneyMapSvgTest, ALongTextIsCutAndStandsInFullInATooltip) {
  JourneyMapPicture picture = Sample();
  std::string reason;
  for (int i = 0; i < 80; ++i) absl::StrAppend(&reason, "because", i, " ");
  reason += "end";
  picture.stages[1].steps[0].reason = reason;
  const pugi::xml_document document = Parse(RenderJourneyMapSvg(picture));
  EXPECT_THAT(AllText(document), Not(HasSubstr("because79")));
  EXPECT_EQ(Count(document, "//g[@class='cell']/title[contains(., 'because79 end')]"), 1u);
}

// Every text of a card or step head stays inside its rectangle, and rectangles of a row are apart.
void ExpectTextsInsideTheirBoxes(const pugi::xml_document& document) {
  std::map<std::string, Font> fonts;
  for (const TextStyle& style : map_style::kAll) fonts[std::string(style.name)] = style.font;
  std::map<double, double> row_ends;
  for (const auto& found : document.select_nodes("//g[@class='cell' or @class='step']")) {
    const pugi::xml_node box = found.node().child("rect");
    const double x = box.attribute("x").as_double(), y = box.attribute("y").as_double();
    const double right = x + box.attribute("width").as_double();
    const double bottom = y + box.attribute("height").as_double();
    EXPECT_GE(x, row_ends[y]);
    row_ends[y] = right;
    for (const pugi::xml_node text : found.node().children("text")) {
      const Font font = fonts.at(text.attribute("class").value());
      const double width = TextWidth(text.text().get(), font);
      const bool middle = absl::string_view(text.attribute("text-anchor").value()) == "middle";
      const double left = text.attribute("x").as_double() - (middle ? width / 2 : 0);
      EXPECT_GE(left, x) << text.text().get();
      EXPECT_LE(left + width, right) << text.text().get();
      EXPECT_GE(text.attribute("y").as_double() - font.size, y) << text.text().get();
      EXPECT_LE(text.attribute("y").as_double(), bottom) << text.text().get();
    }
  }
}

TEST(JourneyMapSvgTest, TextsStayInsideTheirColumnsWithOneStepAndWithSixty) {
  for (const int stages : {1, 12}) {
    JourneyMapPicture picture = Sample();
    picture.stages.clear();
    for (int s = 0; s < stages; ++s) {
      StagePicture stage{absl::StrCat("A stage with a long name, number ", s), {}};
      for (int i = 0; i < (stages == 1 ? 1 : 5); ++i) {
        StepPicture step = PainfulStep();
        step.name = "Unbreakablenamewithoutanyspacesatall and a good deal more of words";
        step.touchpoint = "ÄÖÜ 出発ロビーのカウンターでの手続き";
        step.channel = "A channel whose name is far too long for its chip";
        stage.steps.push_back(step);
      }
      picture.stages.push_back(stage);
    }
    const pugi::xml_document document = Parse(RenderJourneyMapSvg(picture));
    EXPECT_EQ(Count(document, "//g[@class='step']"), stages == 1 ? 1u : 60u);
    ExpectTextsInsideTheirBoxes(document);
  }
}

}  // namespace
}  // namespace waymark::render
