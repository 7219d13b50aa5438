// The whole client against fake services: what scripts and people see of it.
#include "services/cli/app.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/cli/fake_server.h"

namespace waymark::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kMapping[] = R"(
kind: interaction
external_id: hash
event_time: {column: time, formats: ["%Y-%m-%d"], zone: UTC}
customer: who
interaction: {activity: what}
)";

class AppTest : public testing::Test {
 protected:
  AppTest() : folder_(std::filesystem::path(testing::TempDir()) / "waymark_app_test") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~AppTest() override { std::filesystem::remove_all(folder_); }

  int Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"waymark", "--server", server_.address});
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    out_.str("");
    err_.str("");
    return RunApp(static_cast<int>(argv.size()), argv.data(), out_, err_);
  }

  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::string Read(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  nlohmann::json Json() const { return nlohmann::json::parse(out_.str()); }

  const std::filesystem::path folder_;
  FakeServer server_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(AppTest, ImportEndsWithOneJsonObjectAndWaitsForItsPosition) {
  const std::string mapping = Write("m.yaml", kMapping);
  const std::string file = Write("e.csv", "who,what,time\na,x,2026-01-01\na,y,2026-01-02\n");
  ASSERT_EQ(Run({"-o", "json", "import", "csv", file, "--mapping", mapping, "--source", "s"}), 0)
      << err_.str();
  EXPECT_EQ(Json()["recorded"], 2);
  for (const char* key : {"updated", "duplicate", "stale", "conflict", "quarantined", "erased"}) {
    EXPECT_EQ(Json()[key], 0) << key;
  }
  EXPECT_THAT(server_.discovery.positions, ElementsAre("p00000002"));
  EXPECT_THAT(server_.scoring.positions, ElementsAre("p00000002"));
  ASSERT_EQ(server_.signals.requests.size(), 1u);
  EXPECT_EQ(server_.signals.requests[0].min_position(), "p00000002");

  ASSERT_EQ(Run({"import", "csv", file, "--mapping", mapping, "--source", "s", "--no-wait", "-o",
                 "json"}),
            0);
  EXPECT_EQ(Json()["recorded"], 0);
  EXPECT_EQ(Json()["duplicate"], 2);
  EXPECT_EQ(server_.discovery.positions.size(), 1u);
}

TEST_F(AppTest, ImportNamesRowsThatAreNoSignalsAndTakesTheRest) {
  const std::string mapping = Write("m.yaml", kMapping);
  const std::string file =
      Write("e.csv", "who,what,time\na,x,2026-01-01\na,y,tomorrow\nb,z,2026-01-02\n");
  ASSERT_EQ(Run({"-o", "json", "import", "csv", file, "--mapping", mapping, "--source", "s"}), 0);
  EXPECT_EQ(Json()["recorded"], 2);
  EXPECT_EQ(Json()["quarantined"], 1);
  EXPECT_EQ(Json()["unreadable"], 1);
  EXPECT_EQ(Json()["problems"][0]["row"], 2);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("row 2 quarantined: "), HasSubstr("tomorrow"),
                                HasSubstr("were not sent")));
}

TEST_F(AppTest, ImportStopsBeforeItsFirstRowWhenAColumnIsMissing) {
  const std::string mapping = Write("m.yaml", kMapping);
  const std::string file = Write("e.csv", "person,what,time\na,x,2026-01-01\n");
  EXPECT_EQ(Run({"import", "csv", file, "--mapping", mapping, "--source", "s"}), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("waymark: "), HasSubstr("who"), HasSubstr("person")));
  EXPECT_THAT(out_.str(), IsEmpty());
  EXPECT_THAT(server_.feedback.batch_sizes, IsEmpty());
}

TEST_F(AppTest, ImportTakesWhatSimulateWrites) {
  const std::string file = folder_ / "s.jsonl";
  ASSERT_EQ(Run({"-o", "json", "simulate", "--customers", "20", "--seed", "5", "--out", file,
                 "--truths", folder_ / "t.json"}),
            0)
      << err_.str();
  const auto signals = Json()["signals"];
  EXPECT_THAT(Read("t.json"), HasSubstr("brokenStep"));
  ASSERT_EQ(Run({"-o", "json", "import", "jsonl", file}), 0) << err_.str();
  EXPECT_EQ(Json()["recorded"], signals);
}

TEST_F(AppTest, ImportRefusesAFileWithoutASingleJsonLine) {
  const std::string file = Write("e.jsonl", "who,what\na,x\n");
  EXPECT_EQ(Run({"-o", "json", "import", "jsonl", file}), 1);
  EXPECT_EQ(Json()["quarantined"], 2);
  EXPECT_THAT(err_.str(), HasSubstr("waymark: no line of"));
}

TEST_F(AppTest, SimulateWritesToStandardOutput) {
  ASSERT_EQ(Run({"simulate", "--customers", "2", "--no-truths", "--out", "-"}), 0);
  std::istringstream lines(out_.str());
  std::string line;
  int count = 0;
  for (; std::getline(lines, line); ++count) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_GT(count, 10);
}

TEST_F(AppTest, JourneyApplySaysWhatChanged) {
  const std::string file = Write("j.yaml", "touchpoints:\n- {id: a}\n- {id: b}\n");
  ASSERT_EQ(Run({"-o", "csv", "journey", "apply", "-f", file}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "kind,id,result\ntouchpoint,a,created\ntouchpoint,b,created\n");
  Write("j.yaml", "touchpoints:\n- {id: a, channel: web}\n- {id: b}\n");
  ASSERT_EQ(Run({"-o", "csv", "journey", "apply", "-f", file}), 0);
  EXPECT_EQ(out_.str(), "kind,id,result\ntouchpoint,a,updated\ntouchpoint,b,unchanged\n");
}

TEST_F(AppTest, DiscoverGraphAnswersEdgesAtTheTop) {
  auto& graph = *server_.discovery.graph_response.mutable_graph();
  graph.set_cases(2);
  auto& edge = *graph.add_edges();
  edge.set_from("a");
  edge.set_to("b");
  edge.set_count(3);
  edge.mutable_mean_duration()->set_seconds(60);
  ASSERT_EQ(Run({"discover", "graph", "--source", "s", "--case", "session", "-o", "json"}), 0);
  EXPECT_EQ(Json()["edges"][0],
            nlohmann::json({{"from", "a"}, {"to", "b"}, {"count", 3}, {"meanDuration", 60.0}}));
  EXPECT_EQ(Json()["cases"], 2);
  EXPECT_EQ(server_.discovery.graph_request.filter().sources(0), "s");
  EXPECT_TRUE(server_.discovery.graph_request.case_by().session());

  ASSERT_EQ(Run({"discover", "graph", "--source", "s", "--out", folder_ / "g.svg"}), 0);
  EXPECT_THAT(Read("g.svg"), HasSubstr("<svg"));
}

TEST_F(AppTest, ActionTakesItsTitleFromThePriority) {
  const std::string name = "tenants/demo/journeyMaps/m/priorities/p1";
  auto& priority = *server_.scoring.priorities.add_priorities();
  priority.set_name(name);
  priority.set_title("Fix the technician visit");
  priority.set_step("technician-visit");
  ASSERT_EQ(Run({"action", "create", "--priority", name, "--owner", "CX", "--phase", "improve",
                 "--due", "2026-12-31", "--budget", "EUR 20000", "--kpi-target", "75"}),
            0)
      << err_.str();
  const auto& action = server_.action.created.action();
  EXPECT_EQ(action.display_name(), "Fix the technician visit");
  EXPECT_EQ(action.phase(), action::v1::PHASE_KIND_IMPROVE);
  EXPECT_EQ(action.budget().micros(), 20'000'000'000);
  EXPECT_EQ(action.kpi().step(), "technician-visit");
  EXPECT_EQ(action.kpi().target(), 75);
  EXPECT_FALSE(server_.action.created.request_id().empty());
  EXPECT_EQ(Run({"action", "create", "--priority", name + "x"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("waymark priorities --map m"));
}

TEST_F(AppTest, SourcesAreListedWithTheirFlagsAndFiltered) {
  auto& quiet = *server_.sources.listed.add_sources();
  quiet.set_name("tenants/demo/sources/quiet");
  quiet.set_silent(true);
  auto& drifting = *server_.sources.listed.add_sources();
  drifting.set_name("tenants/demo/sources/drifting");
  drifting.set_kind(feedback::v1::SOURCE_KIND_CHAT);
  drifting.set_drift_count(2);
  ASSERT_EQ(Run({"-o", "csv", "source", "list"}), 0) << err_.str();
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("quiet,,,silent,0"), HasSubstr("drifting,chat,,drift:2")));
  ASSERT_EQ(Run({"-o", "json", "source", "list", "--silent"}), 0);
  ASSERT_EQ(Json()["sources"].size(), 1u);
  EXPECT_EQ(Json()["sources"][0]["name"], quiet.name());
  ASSERT_EQ(Run({"-o", "json", "source", "list", "--silent", "--drifting"}), 0);
  EXPECT_THAT(Json()["sources"], IsEmpty());
}

TEST_F(AppTest, SourceUpdateChangesWhatWasGivenAlone) {
  ASSERT_EQ(Run({"source", "update", "web", "--owner", "me", "--expected-interval", "2d", "--kind",
                 "behaviour"}),
            0)
      << err_.str();
  const auto& request = server_.sources.updated;
  EXPECT_EQ(request.source().name(), "tenants/demo/sources/web");
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("owner", "kind", "expected_interval"));
  EXPECT_EQ(request.source().expected_interval().seconds(), 2 * 86400);
  EXPECT_FALSE(request.allow_missing());
  ASSERT_EQ(Run({"source", "update", "web", "--expected-interval", "none", "--register"}), 0);
  EXPECT_TRUE(server_.sources.updated.allow_missing());
  EXPECT_FALSE(server_.sources.updated.source().has_expected_interval());
  EXPECT_EQ(Run({"source", "update", "web", "--expected-interval", "often"}), 2);
  EXPECT_EQ(Run({"source", "update", "web"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("say what to change"));
}

TEST_F(AppTest, SourceSchemaShowsVersionsAndDrifts) {
  auto& question = *server_.sources.schema.add_questions();
  question.set_question("nps");
  question.set_version(2);
  question.mutable_scale()->set_max(10);
  auto& drift = *server_.sources.schema.add_drifts();
  drift.set_kind(feedback::v1::SchemaDrift::KIND_QUESTION_CHANGED);
  drift.set_subject("nps");
  ASSERT_EQ(Run({"source", "schema", "s"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("0-10"), HasSubstr("drift: question_changed nps")));
  ASSERT_EQ(Run({"-o", "csv", "source", "schema", "s"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("nps,2,,0-10,0"));
}

class QuarantineAppTest : public AppTest {
 protected:
  QuarantineAppTest() {
    for (const char* id : {"a", "b", "c"}) {
      auto& item = server_.quarantine.kept[absl::StrCat("tenants/demo/quarantinedSignals/", id)];
      item.set_name(absl::StrCat("tenants/demo/quarantinedSignals/", id));
      item.add_reasons("event_time: missing");
      item.mutable_signal()->set_source("web");
      item.mutable_signal()->set_external_id(id);
    }
  }
};

TEST_F(QuarantineAppTest, AFileIsExportedMendedAndReplayed) {
  const std::string file = folder_ / "q.jsonl";
  ASSERT_EQ(Run({"-o", "json", "quarantine", "export", "--out", file}), 0) << err_.str();
  EXPECT_EQ(Json()["signals"], 3);
  std::string lines = Read("q.jsonl");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
  const std::string id = "\"externalId\":\"b\"";
  lines.insert(lines.find(id), "\"eventTime\":\"2026-01-01T00:00:00Z\",");
  Write("q.jsonl", lines + "\n");
  ASSERT_EQ(Run({"-o", "json", "quarantine", "replay", file}), 0) << err_.str();
  EXPECT_EQ(Json()["recorded"], 1);
  EXPECT_EQ(Json()["quarantined"], 2);
  ASSERT_EQ(Json()["remaining"].size(), 2u);
  EXPECT_EQ(Json()["remaining"][0]["reasons"][0], "event_time: missing");
  ASSERT_EQ(Run({"quarantine", "replay", file}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("stays: a: event_time: missing"));
  EXPECT_EQ(server_.quarantine.kept.size(), 2u);
}

TEST_F(QuarantineAppTest, AllAreReplayedAsTheyAreInBatchesThatTheServerTakes) {
  server_.quarantine.max_replays = 1;
  for (auto& [name, item] : server_.quarantine.kept) {
    item.mutable_signal()->mutable_event_time()->set_seconds(1);
  }
  ASSERT_EQ(Run({"-o", "json", "quarantine", "replay", "--source", "web", "--all"}), 0)
      << err_.str();
  EXPECT_EQ(Json()["recorded"], 3);
  EXPECT_THAT(server_.quarantine.kept, IsEmpty());
}

TEST_F(QuarantineAppTest, ReplayNamesTheLineThatCannotBeRead) {
  const std::string file = Write("q.jsonl", "{\"name\":\"x\"}\nnonsense\n");
  EXPECT_EQ(Run({"quarantine", "replay", file}), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("line 2 of"), HasSubstr("no JSON object")));
  EXPECT_EQ(Run({"quarantine", "replay"}), 2);
  EXPECT_EQ(Run({"quarantine", "replay", file, "--all"}), 2);
  EXPECT_EQ(Run({"quarantine", "replay", "--source", "web"}), 2);
}

TEST_F(AppTest, AnErasureIsCreatedAndAwaited) {
  ASSERT_EQ(Run({"-o", "json", "erasure", "create", "ann"}), 0) << err_.str();
  EXPECT_EQ(server_.erasures.created.customer(), "ann");
  EXPECT_THAT(server_.erasures.created.request_id(), Not(IsEmpty()));
  EXPECT_EQ(Json()["state"], "pending");
  ASSERT_EQ(Run({"erasure", "create", "ann", "--wait", "--request-id", "r1"}), 0) << err_.str();
  EXPECT_EQ(server_.erasures.created.request_id(), "r1");
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("done"), HasSubstr("1,234"), Not(HasSubstr("ann"))));
  ASSERT_EQ(Run({"-o", "json", "erasure", "get", "e1"}), 0) << err_.str();
  EXPECT_EQ(Json()["name"], "tenants/demo/customerErasures/e1");
  ASSERT_EQ(Run({"-o", "json", "erasure", "list"}), 0) << err_.str();
  EXPECT_EQ(Json()["customerErasures"].size(), 2u);
  EXPECT_EQ(Run({"erasure", "create"}), 2);
}

TEST_F(AppTest, FailsWithOneLineWhenNoServerAnswers) {
  {
    FakeServer gone;
    server_.address = gone.address;
  }
  EXPECT_EQ(Run({"source", "list"}), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("waymark: no server answers at " + server_.address),
                                HasSubstr("waymark-standalone")));
  EXPECT_EQ(err_.str().find('\n'), err_.str().size() - 1);
}

TEST_F(AppTest, AnswersTwoToArgumentsThatMakeNoSense) {
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"journey", "fly"}), 2);
  EXPECT_EQ(Run({"metric", "nps", "--from", "someday"}), 2);
  EXPECT_EQ(Run({"action", "create", "--title", "x", "--budget", "much"}), 2);
  EXPECT_EQ(Run({"--server", "nonsense", "source", "list"}), 2);
  EXPECT_EQ(Run({"-o", "xml", "source", "list"}), 2);
}

TEST_F(AppTest, HelpTeachesByExample) {
  EXPECT_EQ(Run({"import", "csv", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("waymark import csv 2017.csv --mapping sfo --source sfo-2017"));
}

// Signals of the fake service, one a day.
void Keep(int count, FakeSignals* signals) {
  for (int i = 0; i < count; ++i) {
    auto& signal = *signals->kept.emplace_back().mutable_signal();
    signal.set_source("web");
    signal.set_external_id("id" + std::to_string(i));
    signal.set_customer("ann");
    signal.mutable_event_time()->set_seconds(1'767'225'600 + i * 86'400);
    signal.mutable_interaction()->set_activity("visit, once");
  }
}

TEST_F(AppTest, SignalListGoesOnUntilItHasWhatWasAskedFor) {
  Keep(5, &server_.signals);
  ASSERT_EQ(Run({"signal", "list", "--filter", "customer = \"ann\"", "--search", "x", "--limit",
                 "3", "-o", "json"}),
            0)
      << err_.str();
  EXPECT_EQ(Json()["signals"].size(), 3u);
  EXPECT_EQ(Json()["more"], true);
  EXPECT_EQ(server_.signals.requests[0].filter(), "customer = \"ann\"");
  EXPECT_EQ(server_.signals.requests[0].search(), "x");
  EXPECT_EQ(server_.signals.requests[0].order_by(), "event_time desc");
  EXPECT_EQ(server_.signals.requests[1].page_size(), 1);

  ASSERT_EQ(Run({"signal", "list", "--all", "--order", "oldest", "-o", "csv"}), 0);
  EXPECT_EQ(server_.signals.requests.back().order_by(), "event_time");
  EXPECT_THAT(out_.str(),
              AllOf(HasSubstr("time,source,external_id,kind,customer,what,account,revision\n"),
                    HasSubstr("2026-01-05T00:00:00Z,web,id4,behaviour,ann,\"visit, once\",,0\n")));

  ASSERT_EQ(Run({"signal", "list", "--limit", "2"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("and more"));
  ASSERT_EQ(Run({"signal", "list", "--limit", "5"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("and more")));
  EXPECT_EQ(Run({"signal", "list", "--limit", "5", "--all"}), 2);
  EXPECT_EQ(Run({"signal", "list", "--order", "random"}), 2);
}

TEST_F(AppTest, ACustomersTimelineIsAFilter) {
  Keep(3, &server_.signals);
  ASSERT_EQ(Run({"customer", "timeline", "o\"neil", "--from", "2026-01-01", "--to",
                 "2026-02-01T08:00:00Z", "-o", "json"}),
            0)
      << err_.str();
  EXPECT_EQ(Json()["signals"].size(), 3u);
  EXPECT_EQ(server_.signals.requests[0].filter(),
            "customer = \"o\\\"neil\" AND event_time >= \"2026-01-01T00:00:00Z\" AND "
            "event_time < \"2026-02-01T08:00:00Z\"");
  EXPECT_EQ(server_.signals.requests[0].order_by(), "event_time");
  server_.signals.kept.clear();
  ASSERT_EQ(Run({"customer", "timeline", "bob"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Nothing is known of customer 'bob'."));
}

TEST_F(AppTest, ATimelineHasTheSignalsOfEveryLinkedId) {
  Keep(3, &server_.signals);
  server_.customers.linked = {"app-7", "web-7"};
  ASSERT_EQ(Run({"customer", "timeline", "web-7", "-o", "json"}), 0) << err_.str();
  const auto printed = Json();
  EXPECT_EQ(printed["signals"].size(), 6u) << "the fake lists all for each id";
  std::vector<std::string> filters, times;
  for (const auto& request : server_.signals.requests) filters.push_back(request.filter());
  EXPECT_THAT(filters, ElementsAre("customer = \"app-7\"", "customer = \"app-7\"",
                                   "customer = \"web-7\"", "customer = \"web-7\""));
  for (const auto& one : printed["signals"]) times.push_back(one["signal"]["eventTime"]);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

TEST_F(AppTest, CustomersAreLinkedListedAndUnlinked) {
  server_.customers.linked = {"app-7", "web-7"};
  ASSERT_EQ(
      Run({"customer", "link", "web-7", "app-7", "--method", "login", "--note", "same login"}), 0)
      << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("same login"), HasSubstr("counted as 'app-7'")));
  EXPECT_EQ(server_.customers.links.at(0).method(), feedback::v1::CustomerLink::METHOD_LOGIN);
  EXPECT_THAT(server_.scoring.positions, ElementsAre("p7")) << "scores know it now";
  ASSERT_EQ(Run({"customer", "links", "app-7", "-o", "json"}), 0) << err_.str();
  EXPECT_EQ(Json()["customerLinks"][0]["linkedCustomer"], "app-7");
  ASSERT_EQ(Run({"customer", "unlink", "app-7", "web-7"}), 0) << err_.str();
  EXPECT_EQ(server_.customers.deleted, "tenants/demo/customerLinks/l0");
  ASSERT_EQ(Run({"customer", "unlink", "l9"}), 0) << err_.str();
  EXPECT_EQ(server_.customers.deleted, "tenants/demo/customerLinks/l9");
  EXPECT_EQ(Run({"customer", "unlink", "app-7", "bob"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("are not linked themselves"));
  EXPECT_EQ(Run({"customer", "link", "web-7", "app-7", "--method", "guess"}), 2);
}

TEST_F(AppTest, ASignalIsCorrectedOrACorrectionTakenBack) {
  ASSERT_EQ(Run({"signal", "correct", "web", "id1", "desk", "--question", "Q7/wait"}), 0)
      << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("desk"), HasSubstr("corrected")));
  EXPECT_EQ(server_.signals.corrected.question(), "Q7/wait");
  EXPECT_EQ(server_.signals.corrected.touchpoint(), "desk");
  EXPECT_THAT(server_.scoring.positions, ElementsAre("p5"));
  ASSERT_EQ(Run({"signal", "correct", "web", "id1", "--clear", "--no-wait"}), 0) << err_.str();
  EXPECT_TRUE(server_.signals.corrected.clear());
  EXPECT_THAT(server_.scoring.positions, ElementsAre("p5"));
  EXPECT_EQ(Run({"signal", "correct", "web", "id1"}), 1);
  EXPECT_EQ(Run({"signal", "correct", "web", "id1", "desk", "--clear"}), 1);
}

TEST_F(AppTest, OneSignalOneConversationAndTheIndexAreShown) {
  Keep(2, &server_.signals);
  ASSERT_EQ(Run({"signal", "get", "web", "id1"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("external id"), HasSubstr("id1"), HasSubstr("visit")));
  server_.signals.conversation.set_customer("ann");
  server_.signals.conversation.set_open(true);
  ASSERT_EQ(Run({"conversation", "get", "inbox", "c"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("ann"), HasSubstr("open")));
  server_.signals.status.set_waiting(1234);
  ASSERT_EQ(Run({"index", "status"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("1,234"));
}

TEST_F(AppTest, SourceStatsCountByDay) {
  auto& statistics = server_.sources.statistics;
  statistics.set_signals(1500);
  statistics.set_with_customer(20);
  statistics.mutable_first_event_time()->set_seconds(1'767'225'600);
  auto& day = *statistics.add_days();
  day.mutable_date()->set_year(2026);
  day.mutable_date()->set_month(1);
  day.mutable_date()->set_day(1);
  day.set_signals(1500);
  ASSERT_EQ(Run({"source", "stats", "shop", "--from", "2026-01-01"}), 0) << err_.str();
  EXPECT_EQ(server_.sources.asked.name(), "tenants/demo/sources/shop/statistics");
  EXPECT_EQ(server_.sources.asked.time_range().start_time().seconds(), 1'767'225'600);
  EXPECT_FALSE(server_.sources.asked.time_range().has_end_time());
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("2026-01-01"), HasSubstr("1,500 signals, 20 of a known"),
                                HasSubstr("from 2026-01-01 00:00")));
}

}  // namespace
}  // namespace waymark::cli
