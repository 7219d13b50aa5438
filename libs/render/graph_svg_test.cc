#include "libs/render/graph_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "absl/strings/str_cat.h"

namespace waymark::render {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

GraphPicture Sample() {
  GraphPicture picture;
  picture.title = "Repair journeys";
  picture.nodes = {{"Report", 1200}, {"Diagnose", 1500}, {"Repair", 1100}};
  picture.edges = {{"Report", "Diagnose", 1150, 7200.0},
                   {"Diagnose", "Diagnose", 40, 90.0},
                   {"Diagnose", "Repair", 1100, 181960.0},
                   {"Repair", "Diagnose", 310, {}}};
  picture.starts = {{"Report", 1200}};
  picture.ends = {{"Repair", 790}, {"Diagnose", 410}};
  picture.as_of = "2026-10-01";
  return picture;
}

TEST(GraphSvgTest, ShowsEveryNodeCountAndDuration) {
  const std::string text = AllText(Parse(RenderGraphSvg(Sample())));
  for (const char* expected :
       {"Repair journeys", "Report", "Diagnose", "Repair", "Start", "End", "1,150", "2.0 h",
        "40 · 1.5 min", "1,100", "2.1 d", "310", "790", "410", "As of 2026-10-01"}) {
    EXPECT_THAT(text, HasSubstr(expected));
  }
  EXPECT_THAT(text, Not(HasSubstr("left out")));
}

TEST(GraphSvgTest, WhatGoesBackIsMarked) {
  const pugi::xml_document document = Parse(RenderGraphSvg(Sample()));
  EXPECT_EQ(Count(document, "//g[@class='transition']/path[@class='edge back']"), 1u);
  EXPECT_EQ(Count(document, "//g[@class='transition']/path[@class='edge']"), 2u);
  EXPECT_EQ(Count(document, "//g[@class='node']/path[@class='edge back']"), 1u);
}

TEST(GraphSvgTest, KeepsTheMostFrequentAndSaysWhatIsLeftOut) {
  GraphPicture picture = Sample();
  picture.nodes.push_back({"Rare", 1});
  picture.edges.push_back({"Repair", "Rare", 1, 5.0});
  const std::string text =
      AllText(Parse(RenderGraphSvg(picture, {.max_nodes = 3, .max_edges = 2})));
  EXPECT_THAT(text, Not(HasSubstr("Rare\n")));
  EXPECT_THAT(text, Not(HasSubstr("310")));
  EXPECT_THAT(text, HasSubstr("3 of 4 nodes and 2 of 5 transitions, 86.5 % of all movements"));
}

TEST(GraphSvgTest, HostileTextStaysText) {
  GraphPicture picture = Sample();
  picture.title = picture.nodes[0].name = picture.edges[0].from = picture.starts[0].name =
      "</text><script>1</script>\x02\xfe&";
  const pugi::xml_document document = Parse(RenderGraphSvg(picture));
  EXPECT_EQ(Count(document, "//script"), 0u);
  EXPECT_EQ(Count(document, "//g[@class='transition']"), 6u);
}

TEST(GraphSvgTest, SameInputGivesTheSameBytes) {
  EXPECT_EQ(RenderGraphSvg(Sample()), RenderGraphSvg(Sample()));
}

TEST(GraphSvgTest, AGraphWithoutNodesSaysSo) {
  EXPECT_THAT(AllText(Parse(RenderGraphSvg({}))), HasSubstr("This graph has no nodes."));
}

TEST(GraphSvgTest, EdgesToUnknownNodesAreNotDrawn) {
  GraphPicture picture = Sample();
  picture.edges.push_back({"Report", "Nowhere", 777, 1.0});
  EXPECT_THAT(AllText(Parse(RenderGraphSvg(picture))), Not(HasSubstr("777\n")));
}

TEST(GraphSvgTest, ShowsEveryEdgeOfARealEventLog) {
  const char* data = std::getenv("WAYMARK_TEST_DATA");
  const std::string path =
      absl::StrCat(data != nullptr ? data : "../shared/data", "/oracles/dfg_running_example.json");
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "no " << path << "; set WAYMARK_TEST_DATA to the folder of the data";
  const nlohmann::json log = nlohmann::json::parse(file);
  GraphPicture picture;
  for (const auto& [name, count] : log["activity_counts"].items()) {
    picture.nodes.push_back({name, count});
  }
  for (const auto& edge : log["dfg"]) picture.edges.push_back({edge[0], edge[1], edge[2], {}});
  const pugi::xml_document document = Parse(RenderGraphSvg(picture));
  EXPECT_EQ(Count(document, "//g[@class='transition']"), 16u);
  EXPECT_THAT(document.child("svg").child("desc").text().get(),
              HasSubstr("check ticket → decide: 6."));
}

}  // namespace
}  // namespace waymark::render
