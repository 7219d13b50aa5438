#include "services/cli/printer.h"

#include "gtest/gtest.h"
#include "services/cli/enum_text.h"
#include "waymark/action/v1/action.pb.h"
#include "waymark/feedback/v1/signal.pb.h"
#include "waymark/journey/v1/discovered_journey.pb.h"
#include "waymark/journey/v1/journey_map.pb.h"
#include "waymark/scoring/v1/metric.pb.h"

namespace waymark::cli {
namespace {

TEST(Printer, ShowsZeroFieldsAndUnsetMessages) {
  scoring::v1::MetricResult result;
  result.set_metric(scoring::v1::METRIC_NPS);
  result.mutable_estimate()->set_value(39.8398);
  result.mutable_estimate()->set_n(2746);
  EXPECT_EQ(ToJson(result).dump(),
            R"({"metric":"nps","estimate":{"value":39.8398,"lower":0.0,"upper":0.0,)"
            R"("confidence":0.0,"n":2746,"suppressed":false},"scale":null,"distribution":[],)"
            R"("notRated":0,"definition":"","position":"","versions":[],"otherVersions":[]})");
}

TEST(Printer, ShowsDurationsAsSecondsAndTimesInRfc3339) {
  journey::v1::GraphEdge edge;
  edge.set_from("a");
  edge.set_to("b");
  edge.set_count(6);
  edge.mutable_mean_duration()->set_seconds(181960);
  edge.mutable_mean_duration()->set_nanos(500'000'000);
  EXPECT_EQ(ToJson(edge).dump(), R"({"from":"a","to":"b","count":6,"meanDuration":181960.5})");

  action::v1::Action action;
  action.mutable_create_time()->set_seconds(1'700'000'000);
  action.mutable_create_time()->set_nanos(250'000'000);
  EXPECT_EQ(ToJson(action)["createTime"], "2023-11-14T22:13:20.25Z");
  EXPECT_TRUE(ToJson(action)["doneTime"].is_null());
}

TEST(Printer, Shows64BitIntegersAsNumbers) {
  common::v1::Money money;
  money.set_currency_code("EUR");
  money.set_micros(9'007'199'254'740'993);  // 2^53 + 1
  EXPECT_EQ(ToJson(money).dump(), R"({"currencyCode":"EUR","micros":9007199254740993})");
}

TEST(Printer, ShowsOfAOneofOnlyWhatIsSet) {
  feedback::v1::Answer answer;
  answer.set_question("q");
  answer.set_number(0);
  const Json json = ToJson(answer);
  EXPECT_EQ(json["number"], 0.0);
  EXPECT_FALSE(json.contains("text"));
  EXPECT_TRUE(json["scale"].is_null());
}

TEST(Printer, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(Dump(Json::object({{"a", "x\xff"}})), "{\n  \"a\": \"x\xEF\xBF\xBD\"\n}\n");
}

TEST(EnumText, HasNoPrefix) {
  EXPECT_EQ(EnumText(journey::v1::JourneyMap::KIND_AS_IS), "as_is");
  EXPECT_EQ(EnumText(scoring::v1::CES_CONVENTION_TOP_SHARE), "top_share");
  EXPECT_EQ(EnumText(journey::v1::JourneyMap::KIND_UNSPECIFIED), "unspecified");
}

TEST(EnumText, IsReadInAnyCase) {
  const auto& kinds = *journey::v1::JourneyMap::Kind_descriptor();
  EXPECT_EQ(ParseEnumText(kinds, "AS_IS"), journey::v1::JourneyMap::KIND_AS_IS);
  EXPECT_EQ(ParseEnumText(kinds, "to-be"), journey::v1::JourneyMap::KIND_TO_BE);
  EXPECT_FALSE(ParseEnumText(kinds, "unspecified").has_value());
  EXPECT_FALSE(ParseEnumText(kinds, "sideways").has_value());
  EXPECT_EQ(EnumChoices(kinds), "as_is, to_be");
}

}  // namespace
}  // namespace waymark::cli
