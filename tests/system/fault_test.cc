// Real faults: processes killed in the middle, two replicas on one database, two processes on one
// folder. What was acknowledged is never lost and never counted twice.
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"
#include "tests/system/deployment.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"

namespace waymark::system_test {
namespace {

using nlohmann::json;
using testing::BinaryPath;
using testing::Process;

/// Writes `count` interactions of 500 customers, keys `prefix`1, `prefix`2, ...
std::string WriteSignals(const std::string& folder, const std::string& prefix, int count) {
  const std::string path = absl::StrCat(folder, "/", prefix, ".jsonl");
  std::ofstream out(path);
  for (int i = 1; i <= count; ++i) {
    out << absl::StrCat(R"({"source":"load","externalId":")", prefix, i, R"(","customer":"c)",
                        i % 500, R"(","eventTime":"2026-01-01T00:00:)",
                        absl::Dec(i % 60, absl::kZeroPad2), R"(Z","interaction":{"activity":"a)",
                        i % 7, "\"}}\n");
  }
  return path;
}

// How many distinct events the journey service knows of; 0 while it knows none.
int64_t Events(const Deployment& waymark) {
  const Outcome outcome = waymark.Cli({"-o", "json", "discover", "graph", "--source", "load"});
  return outcome.code == 0 ? json::parse(outcome.out)["events"].get<int64_t>() : 0;
}

class Kill : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(Kill, LosesNothingAcknowledgedAndCountsNothingTwice) {
  const auto& [deployment, victim] = GetParam();
  if (deployment == "split") WM_REQUIRE_BACKEND("postgres");
  testing::TempFolder folder;
  constexpr int kSignals = 60'000;
  const std::string file = WriteSignals(folder.path(), "s", kSignals);
  const auto waymark = StartDeployment(deployment);
  Process import(
      waymark->CommandLine({"-o", "json", "import", "jsonl", file, "--no-wait", "--batch", "200"}));
  // In the middle: when some are in, and before all are.
  while (import.running() && Events(*waymark) < kSignals / 10) {
  }
  EXPECT_TRUE(import.running()) << "the import ended before the kill";
  waymark->Kill(victim);
  waymark->Restart();
  const Outcome first = import.Wait();
  // Whether the import came through by its retries or gave up, importing again completes it.
  const json again = waymark->Json({"import", "jsonl", file});
  EXPECT_EQ(again["recorded"].get<int>() + again["duplicate"].get<int>(), kSignals) << first.err;
  EXPECT_EQ(Events(*waymark), kSignals);
  const json third = waymark->Json({"import", "jsonl", file});
  EXPECT_EQ(third["duplicate"], kSignals);
}

INSTANTIATE_TEST_SUITE_P(
    Processes, Kill,
    ::testing::Values(std::pair("standalone", "all"), std::pair("split", "feedback"),
                      std::pair("split", "journey"), std::pair("split", "scoring"),
                      std::pair("split", "action")),
    [](const auto& info) { return absl::StrCat(info.param.first, "_", info.param.second); });

TEST(Cache, AnswersAreEqualWithRedisStopped) {
  WM_REQUIRE_BACKEND("postgres");
  testing::TempFolder folder;
  const auto waymark = StartSplit();
  ASSERT_EQ(waymark->Cli({"journey", "apply", "-f", "services/cli/demo/journey.yaml"}).code, 0);
  const std::string signals = folder.path() + "/signals.jsonl";
  ASSERT_EQ(waymark
                ->Cli({"simulate", "--customers", "300", "--out", signals, "--truths",
                       folder.path() + "/truths.json"})
                .code,
            0);
  waymark->Json({"import", "jsonl", signals});
  const std::vector<std::vector<std::string>> questions = {
      {"score", "show", "--map", "become-and-stay-a-customer"},
      {"priorities", "--map", "become-and-stay-a-customer"},
      {"insights", "list"},
      {"discover", "graph", "--source", "app-events"}};
  std::vector<json> computed, cached;
  for (const auto& question : questions) computed.push_back(waymark->Json(question));
  for (const auto& question : questions) cached.push_back(waymark->Json(question));
  waymark->Kill("redis");
  for (size_t i = 0; i < questions.size(); ++i) {
    EXPECT_EQ(cached[i], computed[i]);
    EXPECT_EQ(waymark->Json(questions[i]), computed[i]);
  }
}

TEST(Folder, SecondProcessRefusesToStartAndSaysWhy) {
  testing::TempFolder folder;
  const std::vector<std::string> argv = {BinaryPath("waymark-standalone"), "--data", folder.path(),
                                         "--listen", "127.0.0.1:0"};
  Process first(argv);
  ASSERT_NE(first.WaitForLine("listening"), "") << first.err();
  const Outcome second = testing::Run(argv, {}, absl::Seconds(30));
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, ::testing::HasSubstr(absl::StrCat(first.pid())));
}

class Replicas : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("postgres");
    waymark_ = StartSplit(2);
    // feedback=A,feedback=B is not what the client takes: each replica is addressed on its own.
    first_ = AddressOf("feedback=");
    second_ = absl::StrCat("127.0.0.1:", Port(first_) + 20);
  }
  std::string AddressOf(const std::string& service) {
    const std::string& server = waymark_->server();
    const size_t begin = server.find(service) + service.size();
    return server.substr(begin, server.find(',', begin) - begin);
  }
  static int Port(const std::string& address) {
    return std::stoi(address.substr(address.rfind(':') + 1));
  }
  /// Imports through one replica; the other services are the deployment's.
  std::vector<std::string> ImportInto(const std::string& feedback, const std::string& file) {
    const std::string& server = waymark_->server();
    return {BinaryPath("waymark"),
            "--server",
            absl::StrCat("feedback=", feedback, server.substr(server.find(','))),
            "-o",
            "json",
            "import",
            "jsonl",
            file,
            "--no-wait",
            "--batch",
            "100"};
  }
  std::unique_ptr<Deployment> waymark_;
  testing::TempFolder folder_;
  std::string first_;
  std::string second_;
};

TEST_F(Replicas, RecordEachKeyOnceWhenBothGetItAtOnce) {
  const std::string file = WriteSignals(folder_.path(), "s", 10'000);
  Process one(ImportInto(first_, file));
  Process two(ImportInto(second_, file));
  const json a = json::parse(one.Wait().out), b = json::parse(two.Wait().out);
  EXPECT_EQ(a["recorded"].get<int>() + b["recorded"].get<int>(), 10'000);
  EXPECT_EQ(a["duplicate"].get<int>() + b["duplicate"].get<int>(), 10'000);
  EXPECT_EQ(waymark_->Json({"import", "jsonl", file})["duplicate"], 10'000);
  EXPECT_EQ(Events(*waymark_), 10'000);
}

/// Follows the feed to its end and returns the keys in it.
std::multiset<std::string> KeysInFeed(const std::string& feedback, std::string* cursor) {
  const auto stub = feedback::v1::FeedbackService::NewStub(
      grpc::CreateChannel(feedback, grpc::InsecureChannelCredentials()));
  std::multiset<std::string> keys;
  feedback::v1::PullFeedResponse page;
  do {
    grpc::ClientContext context;
    context.AddMetadata("waymark-tenant", "demo");
    feedback::v1::PullFeedRequest request;
    request.set_parent("tenants/demo");
    request.set_cursor(*cursor);
    const grpc::Status status = stub->PullFeed(&context, request, &page);
    if (!status.ok()) {
      ADD_FAILURE() << status.error_message();
      break;
    }
    for (const auto& change : page.changes()) keys.insert(change.signal().external_id());
    *cursor = page.next_cursor();
  } while (!page.at_end());
  return keys;
}

TEST_F(Replicas, FeedConsumerSkipsNothingWhenOneIsKilled) {
  const std::string into_first = WriteSignals(folder_.path(), "a", 20'000);
  const std::string into_second = WriteSignals(folder_.path(), "b", 20'000);
  Process one(ImportInto(first_, into_first));
  Process two(ImportInto(second_, into_second));
  // Follows while both write and the first dies in the middle.
  std::string cursor;
  std::multiset<std::string> keys = KeysInFeed(second_, &cursor);
  while (keys.size() < 2'000 && two.running()) keys.merge(KeysInFeed(second_, &cursor));
  waymark_->Kill("feedback");
  while (two.running()) keys.merge(KeysInFeed(second_, &cursor));
  EXPECT_EQ(two.Wait().code, 0);
  one.Signal(9);
  one.Wait();
  waymark_->Restart();
  EXPECT_EQ(testing::Run(ImportInto(first_, into_first)).code, 0);
  // What was in flight may still be held back from the feed for a moment.
  for (int i = 0; i < 200 && keys.size() < 40'000; ++i) keys.merge(KeysInFeed(second_, &cursor));
  EXPECT_EQ(keys.size(), 40'000u);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 40'000u);
}

}  // namespace
}  // namespace waymark::system_test
