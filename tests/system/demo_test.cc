// The simulated company: what was planted is found by name, and nothing else is.
#include <cstdlib>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"
#include "tests/system/deployment.h"

namespace waymark::system_test {
namespace {

using nlohmann::json;

constexpr char kMap[] = "become-and-stay-a-customer";

/// Seeds to run: 3, or 20 with --heavy. Of 20, each truth must be found in 19.
int Seeds() {
  const char* heavy = std::getenv("WAYMARK_HEAVY");
  return heavy != nullptr && *heavy != '\0' ? 20 : 3;
}

class Demo : public ::testing::Test {
 protected:
  Demo() {
    std::vector<std::string> tenants;
    for (int seed = 1; seed <= Seeds(); ++seed) {
      tenants.push_back(absl::StrCat("planted-", seed));
      tenants.push_back(absl::StrCat("healthy-", seed));
    }
    waymark_ = StartStandalone(tenants);
  }

  // Simulates a company, loads it into a tenant of its own and returns its truths.
  json Load(const std::string& tenant, int seed, bool plant) {
    const std::string signals = folder_.path() + "/signals.jsonl";
    const std::string truths = folder_.path() + "/truths.json";
    std::vector<std::string> simulate = {"simulate", "--customers",      "1000",
                                         "--seed",   absl::StrCat(seed), "--out",
                                         signals,    "--truths",         truths};
    if (!plant) simulate.push_back("--no-truths");
    EXPECT_EQ(waymark_->Cli(simulate, tenant).code, 0);
    const Outcome applied =
        waymark_->Cli({"journey", "apply", "-f", "services/cli/demo/journey.yaml"}, tenant);
    EXPECT_EQ(applied.code, 0) << applied.err;
    const json counts = waymark_->Json({"import", "jsonl", signals}, tenant);
    EXPECT_EQ(counts["quarantined"], 0);
    std::ifstream file(truths);
    return json::parse(file);
  }

  std::set<std::string> RedSteps(const std::string& tenant) {
    std::set<std::string> red;
    const json report = waymark_->Json({"score", "show", "--map", kMap}, tenant);
    for (const json& step : report["steps"]) {
      if (step["painPoint"].get<bool>()) red.insert(step["step"].get<std::string>());
    }
    return red;
  }

  static bool AnyTitleHas(const json& items, const std::vector<std::string>& words) {
    for (const json& item : items) {
      const std::string title = item["title"];
      bool all = true;
      for (const std::string& word : words) all = all && absl::StrContains(title, word);
      if (all) return true;
    }
    return false;
  }

  // Of the planted leavers, and no others, nine of ten are listed.
  static bool FindsLeavers(const json& insights, const json& planted) {
    for (const json& insight : insights) {
      if (!absl::StrContains(insight["name"].get<std::string>(), "staff-leaving")) continue;
      int found = 0;
      for (const json& customer : planted) {
        for (const json& listed : insight["customers"]) found += listed == customer;
      }
      const int listed = insight["customerCount"];
      return found * 10 >= static_cast<int>(planted.size()) * 9 && listed - found <= listed / 10;
    }
    return false;
  }

  testing::TempFolder folder_;
  std::unique_ptr<Deployment> waymark_;
};

TEST_F(Demo, EachPlantedTruthIsFoundByName) {
  int broken = 0, handoff = 0, segment = 0, leavers = 0;
  for (int seed = 1; seed <= Seeds(); ++seed) {
    const std::string tenant = absl::StrCat("planted-", seed);
    const json truths = Load(tenant, seed, true);
    const json insights = waymark_->Json({"insights", "list"}, tenant)["insights"];
    broken += RedSteps(tenant).contains(truths["brokenStep"].get<std::string>());
    handoff += AnyTitleHas(
        insights, {truths["lossyHandoff"]["activity"], truths["lossyHandoff"]["fromChannel"],
                   truths["lossyHandoff"]["toChannel"]});
    segment += AnyTitleHas(
        insights, {truths["sufferingSegment"]["key"], truths["sufferingSegment"]["value"]});
    leavers += FindsLeavers(insights, truths["hiddenLeavers"]);
  }
  std::cout << "found of " << Seeds() << ": broken step " << broken << ", hand-off " << handoff
            << ", segment " << segment << ", hidden leavers " << leavers << std::endl;
  const int needed = Seeds() * 19 / 20 + (Seeds() < 20);
  EXPECT_GE(broken, needed);
  EXPECT_GE(handoff, needed);
  EXPECT_GE(segment, needed);
  EXPECT_GE(leavers, needed);
}

TEST_F(Demo, AHealthyCompanyShowsNoRed) {
  int red = 0;
  for (int seed = 1; seed <= Seeds(); ++seed) {
    const std::string tenant = absl::StrCat("healthy-", seed);
    const json truths = Load(tenant, seed, false);
    EXPECT_EQ(truths["brokenStep"], "");
    red += !RedSteps(tenant).empty();
  }
  std::cout << "maps with red where nothing is wrong: " << red << " of " << Seeds() << std::endl;
  EXPECT_LE(red, 1);
}

TEST_F(Demo, TheMapShowsTheBrokenStepRedAndBelowTheBaseline) {
  const json truths = Load("planted-1", 1, true);
  const std::string map = folder_.path() + "/map.svg";
  const Outcome rendered =
      waymark_->Cli({"journey", "render", "--map", kMap, "--out", map}, "planted-1");
  ASSERT_EQ(rendered.code, 0) << rendered.err;
  std::ifstream file(map);
  const std::string svg((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(svg, ::testing::HasSubstr("point pain"));
  EXPECT_THAT(svg, ::testing::HasSubstr("below baseline"));
  const json report = waymark_->Json({"score", "show", "--map", kMap}, "planted-1");
  int checked = 0;
  for (const json& step : report["steps"]) {
    if (step["step"] != truths["brokenStep"]) continue;
    ++checked;
    EXPECT_LT(step["score"]["upper"].get<double>(), report["baseline"]["value"].get<double>());
  }
  EXPECT_EQ(checked, 1);
}

TEST_F(Demo, NothingUnredactedIsServed) {
  Load("planted-2", 2, true);
  const json report = waymark_->Json({"score", "show", "--map", kMap}, "planted-2");
  EXPECT_THAT(report.dump(), ::testing::Not(::testing::HasSubstr("@mail.example")));
}

}  // namespace
}  // namespace waymark::system_test
