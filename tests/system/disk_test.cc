// Disks that are full, read-only or dying, and a database server that is gone: nothing is
// acknowledged that is not on disk, callers are told why, and the service goes on by itself.
//
// What must hold of a sync that fails once and then works: Linux may have dropped what was to be
// synced and called it clean, so the later sync says nothing of it. Nothing acknowledged may
// therefore rest on data whose own sync failed: the commit is answered with an error, and a later
// commit writes again whatever it builds on. The shim makes such data vanish.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"
#include "tests/system/load.h"

namespace waymark::system_test {
namespace {

using ::testing::IsEmpty;

constexpr int kLookedAt = 150;
const Failure kFull = {grpc::StatusCode::RESOURCE_EXHAUSTED, "STORE_FULL"};
const Failure kUnavailable = {grpc::StatusCode::UNAVAILABLE, "STORE_UNAVAILABLE"};

/// A feedback service on SQLite, below which the disk can be broken.
class Disk {
 public:
  Disk() : feedback_("sqlite:" + folder_.path() + "/data/feedback.db", Environment()) {}

  /// From now on `call` (see fault_shim.cc) of the files that `name` says fails.
  void Break(const std::string& call, int error, const std::string& name) {
    const std::string beside = fault_file() + ".new";
    std::ofstream(beside) << call << " " << error << " " << name << "\n";
    ASSERT_EQ(rename(beside.c_str(), fault_file().c_str()), 0);
  }
  void Mend() { remove(fault_file().c_str()); }
  bool broken() const { return std::ifstream(fault_file()).good(); }

  FeedbackProcess& feedback() { return feedback_; }

 private:
  std::string fault_file() const { return folder_.path() + "/fault"; }

  testing::Process::Environment Environment() const {
    const char* asan = getenv("ASAN_OPTIONS");
    return {
        {"LD_PRELOAD", testing::BinaryPath("waymark_fault_shim.so")},
        {"ASAN_OPTIONS", absl::StrCat(asan != nullptr ? asan : "", ":verify_asan_link_order=0")},
        {"WAYMARK_FAULT_FOLDER", folder_.path() + "/data"},
        {"WAYMARK_FAULT_FILE", fault_file()}};
  }

  testing::TempFolder folder_;
  FeedbackProcess feedback_;
};

/// The failure that one new signal gets, or OK.
Failure Probe(FeedbackClient& client, AckJournal* journal, const std::string& id,
              absl::Duration timeout = absl::Seconds(30)) {
  const std::vector<SignalId> batch = {{"probe", id, 0}};
  journal->Sent(batch);
  feedback::v1::IngestResponse answer;
  const grpc::Status status = client.Ingest({batch[0].Make()}, &answer, timeout);
  if (status.ok()) journal->Acknowledged(batch, answer);
  return FailureOf(status);
}

void AwaitLoad(const Load& load) {
  EXPECT_TRUE(Eventually([&] { return load.answered() > 30; })) << "nothing is answered";
}

/// Load on a service that was mended is answered, none of it with an error, and all of it is still
/// there after a kill.
void CheckRecovered(FeedbackProcess& feedback, AckJournal* journal, Load* load) {
  EXPECT_TRUE(feedback.running());
  journal->Verify(feedback.client(), {"before", "probe"}, kLookedAt);
  load->Start("after");
  AwaitLoad(*load);
  load->Stop();
  EXPECT_THAT(load->failures(), IsEmpty());
  feedback.Kill();
  feedback.Restart();
  journal->Verify(feedback.client(), {"before", "probe", "after"}, kLookedAt);
  EXPECT_EQ(journal->lost(), 0);
}

struct Fault {
  std::string name;
  std::string call;
  int error;
  Failure failure;

  friend void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
};

class BrokenDisk : public ::testing::TestWithParam<Fault> {};

TEST_P(BrokenDisk, AcknowledgesNothingSaysWhyAndGoesOnWhenMended) {
  const Fault& fault = GetParam();
  Disk disk;
  AckJournal journal;
  FeedbackProcess& feedback = disk.feedback();
  Load load(&journal, {feedback.address()}, 3);
  load.Start("before");
  AwaitLoad(load);
  disk.Break(fault.call, fault.error, "feedback.db");
  EXPECT_TRUE(Eventually([&] { return !load.failures().empty(); }));
  EXPECT_TRUE(Eventually([&] { return !feedback.ready(); }));
  std::string refused;
  for (int i = 0, failed = 0; failed < 20 && i < 2000; ++i) {
    const std::string id = absl::StrCat(i);
    const Failure failure = Probe(feedback.client(), &journal, id);
    // What is small may fit where the files need not grow.
    if (fault.call == "grow" && failure.first == grpc::StatusCode::OK) continue;
    EXPECT_EQ(failure, fault.failure);
    refused = id;
    ++failed;
  }
  load.Stop();
  for (const auto& [failure, count] : load.failures()) EXPECT_EQ(failure, fault.failure) << count;
  EXPECT_FALSE(feedback.client().Get("probe", refused).has_value()) << "reads go on";
  disk.Mend();
  // Without a caller that tries: an orchestrator sends none to what is not ready.
  EXPECT_TRUE(Eventually([&] { return feedback.ready(); }));
  CheckRecovered(feedback, &journal, &load);
}

INSTANTIATE_TEST_SUITE_P(Faults, BrokenDisk,
                         ::testing::Values(Fault{"full", "grow", ENOSPC, kFull},
                                           Fault{"read_only", "write", EROFS, kUnavailable},
                                           Fault{"write_fails", "write", EIO, kUnavailable},
                                           Fault{"sync_fails", "sync", EIO, kUnavailable}),
                         [](const auto& info) { return info.param.name; });

/// Which file's sync fails, by its name.
class FailedSync : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(FailedSync, OnceLeavesNothingAcknowledgedThatItDropped) {
  Disk disk;
  AckJournal journal;
  FeedbackProcess& feedback = disk.feedback();
  Load load(&journal, {feedback.address()}, 4);
  const int rounds = Rounds(3, 50);
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    const std::string source = absl::StrCat("round-", round);
    load.Start(source);
    // A checkpoint that stops at a reader's snapshot must not be believed either.
    std::atomic<bool> done = false;
    std::thread reader([&] {
      std::string from_start;
      while (!done) feedback.client().Pull(&(from_start = ""));
    });
    for (int i = 0; i < 2; ++i) {
      const int64_t before = load.answered();
      disk.Break("sync-once", EIO, GetParam().second);
      EXPECT_TRUE(Eventually([&] { return !disk.broken(); }));
      EXPECT_TRUE(Eventually([&] { return load.answered() > before + 10; }));
    }
    load.Stop();
    done = true;
    reader.join();
    for (const auto& [failure, count] : load.failures()) EXPECT_EQ(failure, kUnavailable) << count;
    if (round % 2 == 0) journal.Verify(feedback.client(), {source}, kLookedAt);
    feedback.Kill();
    feedback.Restart();
    journal.Verify(feedback.client(), {source}, kLookedAt);
  }
  EXPECT_EQ(journal.lost() + journal.twice(), 0);
}

INSTANTIATE_TEST_SUITE_P(Files, FailedSync,
                         ::testing::Values(std::pair("log", "feedback.db-wal$"),
                                           std::pair("journal", "feedback.db$"),
                                           std::pair("index", "feedback-index.db")),
                         [](const auto& info) { return info.param.first; });

class BrokenIndex : public ::testing::TestWithParam<Fault> {};

TEST_P(BrokenIndex, DoesNotStopTakingInAndCatchesUpWhenMended) {
  Disk disk;
  AckJournal journal;
  FeedbackProcess& feedback = disk.feedback();
  Load load(&journal, {feedback.address()}, 5);
  disk.Break(GetParam().call, GetParam().error, "feedback-index.db");
  load.Start("before");
  AwaitLoad(load);
  feedback::v1::IngestResponse answer;
  const std::vector<SignalId> one = {{"probe", "1", 0}};
  journal.Sent(one);
  ASSERT_TRUE(feedback.client().Ingest({one[0].Make()}, &answer).ok());
  journal.Acknowledged(one, answer);
  EXPECT_TRUE(feedback.client().Get("probe", "1").has_value()) << "read without the index";
  EXPECT_EQ(FailureOf(feedback.client().TryList("", answer.position(), absl::Seconds(2))).first,
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(feedback.client().TryList("", "", absl::Seconds(10)).ok());
  EXPECT_TRUE(feedback.ready());
  load.Stop();
  EXPECT_THAT(load.failures(), IsEmpty());
  disk.Mend();
  CheckRecovered(feedback, &journal, &load);
}

INSTANTIATE_TEST_SUITE_P(Faults, BrokenIndex,
                         ::testing::Values(Fault{"full", "grow", ENOSPC, {}},
                                           Fault{"read_only", "write", EROFS, {}},
                                           Fault{"sync_fails", "sync", EIO, {}}),
                         [](const auto& info) { return info.param.name; });

/// A PostgreSQL of the test's own, to stop.
class OwnPostgres {
 public:
  OwnPostgres() { Start(); }
  ~OwnPostgres() { Script("stop_servers \"$0\""); }

  const std::string& url() const { return url_; }

  void Start() {
    const Outcome started = Script("start_servers \"$0\" >&2 && echo \"$POSTGRES_URL\"");
    ASSERT_EQ(started.code, 0) << started.err;
    url_ = std::string(absl::StripAsciiWhitespace(started.out));
  }
  /// As after a crash: whoever is connected is cut off, whatever is under way is lost.
  void Crash() {
    const pid_t server = postmaster();
    Signal(SIGQUIT, {server});
    EXPECT_TRUE(Eventually([&] { return kill(server, 0) != 0; }));
  }
  /// Holds every process of it, as an overloaded machine does, or lets them go on.
  void Hold(bool hold) {
    std::vector<pid_t> all = {postmaster()};
    std::ifstream children(absl::StrCat("/proc/", all[0], "/task/", all[0], "/children"));
    for (pid_t child; children >> child;) all.push_back(child);
    Signal(hold ? SIGSTOP : SIGCONT, all);
  }

 private:
  using Outcome = testing::Outcome;

  Outcome Script(const std::string& text) {
    return testing::Run({"bash", "-c", ". deploy/servers.sh; " + text, folder_.path()});
  }
  pid_t postmaster() const {
    std::ifstream file(folder_.path() + "/postgres/data/postmaster.pid");
    pid_t pid = 0;
    EXPECT_TRUE(file >> pid);
    return pid;
  }
  static void Signal(int signal, const std::vector<pid_t>& pids) {
    for (const pid_t pid : pids) {
      if (pid > 0) kill(pid, signal);
    }
  }

  testing::TempFolder folder_;
  std::string url_;
};

class BrokenServer : public ::testing::Test {
 protected:
  void SetUp() override { WM_REQUIRE_BACKEND("postgres"); }
};

TEST_F(BrokenServer, ThatIsGoneIsUnavailableAndBackWithoutARestart) {
  OwnPostgres postgres;
  FeedbackProcess feedback(postgres.url());
  AckJournal journal;
  Load load(&journal, {feedback.address()}, 6);
  for (int round = 0; round < Rounds(3, 20) && !HasFailure(); ++round) {
    load.Start("before");
    AwaitLoad(load);
    postgres.Crash();
    EXPECT_TRUE(Eventually([&] { return !load.failures().empty(); }));
    EXPECT_TRUE(Eventually([&] { return !feedback.ready(); }));
    EXPECT_EQ(Probe(feedback.client(), &journal, absl::StrCat(round)), kUnavailable);
    load.Stop();
    for (const auto& [failure, count] : load.failures()) EXPECT_EQ(failure, kUnavailable) << count;
    postgres.Start();
    EXPECT_TRUE(Eventually([&] { return feedback.ready(); }));
    journal.Verify(feedback.client(), {"before", "probe"}, kLookedAt);
  }
  CheckRecovered(feedback, &journal, &load);
}

TEST_F(BrokenServer, ThatDoesNotAnswerIsToldWithinTheDeadline) {
  OwnPostgres postgres;
  FeedbackProcess feedback(postgres.url());
  AckJournal journal;
  Load load(&journal, {feedback.address()}, 7);
  load.Start("before");
  AwaitLoad(load);
  load.Stop();
  postgres.Hold(true);
  const Failure late = Probe(feedback.client(), &journal, "late", absl::Seconds(2));
  EXPECT_EQ(late.first, grpc::StatusCode::DEADLINE_EXCEEDED);
  postgres.Hold(false);
  EXPECT_TRUE(Eventually([&] { return feedback.ready(); }));
  // What was told to be late may be recorded at any moment now; its answer tells that it is.
  EXPECT_EQ(Probe(feedback.client(), &journal, "late").first, grpc::StatusCode::OK);
  CheckRecovered(feedback, &journal, &load);
}

}  // namespace
}  // namespace waymark::system_test
