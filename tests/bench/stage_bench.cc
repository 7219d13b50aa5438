// What each stage of taking a signal in costs, in microseconds of CPU: the stages by themselves,
// one after another on one thread, on the signals that ingest_bench sends, in batches of 1000. What
// gRPC costs is the difference to what ingest_bench measures of the server that only parses.
//   stage_bench [--rounds 5] [--signals 500000] [--database postgresql://...]
// Without --database it works in a temporary folder, which it removes. Of a PostgreSQL server's own
// CPU nothing is counted.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/log.h"
#include "libs/base/options.h"
#include "services/feedback/databases.h"
#include "services/feedback/free_text.h"
#include "services/feedback/index_store.h"
#include "services/feedback/indexer.h"
#include "services/feedback/journal_store.h"
#include "services/feedback/memory_key_store.h"
#include "services/feedback/metrics.h"
#include "services/feedback/preparation.h"
#include "services/feedback/validation.h"
#include "tests/bench/requests.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::feedback {
namespace {

using bench::Require;

constexpr int kBatch = 1000;
// What a commit takes while more waits, about.
constexpr int64_t kBatchesACommit = 8;

double CpuMicros() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return 1e6 * static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// The costs of one round, by stage.
class Round {
 public:
  void Time(const char* stage, absl::FunctionRef<void()> run) {
    const double start = CpuMicros();
    run();
    costs_[stage] += CpuMicros() - start;
  }
  double MicrosASignal(const std::string& stage, int64_t signals) const {
    const auto found = costs_.find(stage);
    return found == costs_.end() ? 0 : found->second / static_cast<double>(signals);
  }

 private:
  std::map<std::string, double> costs_;
};

class Stages {
 public:
  explicit Stages(const std::string& url) : databases_(*OpenDatabases(url)) {
    auto store = Store::Open(databases_.journal.get());
    Require(store.ok(), store.status().ToString());
    store_ = *std::move(store);
    preparer_ = std::make_unique<Preparer>(store_->hash_key());
    connection_ = *databases_.journal->Dedicated();
    journal_ = *JournalStore::Create(store_.get(), Clock::Real());
    index_ = *IndexStore::Open(databases_.index(), *store_);
    indexer_ = std::make_unique<Indexer>(store_.get(), index_.get(), &commits_, Clock::Real(),
                                         IndexMetrics(&registry_));
  }

  Round Run(int64_t signals) {
    Round round;
    for (int64_t done = 0; done < signals; done += kBatch * kBatchesACommit) {
      std::vector<std::unique_ptr<Submission>> batches;
      for (int i = 0; i < kBatchesACommit; ++i) batches.push_back(TakeIn(&round));
      std::vector<Submission*> pointers;
      for (const auto& batch : batches) pointers.push_back(batch.get());
      Resolve(pointers, &round);
      round.Time("commit", [&] { Require(journal_->Commit(pointers).ok(), "cannot commit"); });
    }
    round.Time("index", [&] { Require(indexer_->CatchUp().ok(), "cannot index"); });
    return round;
  }

 private:
  // Each part of the preparation by itself, then all of it.
  std::unique_ptr<Submission> TakeIn(Round* round) {
    std::string bytes;
    request_.AppendNext(&bytes);
    round->Time("parse", [&] { Require(message_.ParseFromString(bytes), "cannot parse"); });
    std::vector<std::string> reasons;
    round->Time("validate", [&] {
      for (const v1::Signal& one : message_.signals()) ValidateSignal(one, 300, &reasons);
    });
    Require(reasons.empty(), "the signals are not valid");
    round->Time("redact", [&] {
      for (v1::Signal& one : *message_.mutable_signals()) {
        for (std::string* text : FreeTexts(&one)) redactor_.Redact(text);
      }
    });
    round->Time("encode", [&] {
      std::string out;
      out.reserve(bytes.size());
      for (const v1::Signal& one : message_.signals()) one.AppendToString(&out);
    });
    round->Time("hash", [&] {
      for (const v1::Signal& one : message_.signals()) {
        sum_ += SignalKey(store_->hash_key(), "demo", one.source(), one.external_id()).lo;
        sum_ += SipHash128(store_->hash_key(), one.customer()).lo;
      }
    });
    auto batch = std::make_unique<Submission>();
    batch->tenant = "demo";
    text::RedactionCounts redactions;
    round->Time("prepare", [&] {
      Require(preparer_->Prepare(message_.mutable_signals(), batch.get(), &redactions).ok(),
              "cannot prepare");
    });
    return batch;
  }

  // The set of keys by itself, as large as the journal's.
  void Resolve(absl::Span<Submission* const> batches, Round* round) {
    std::vector<Candidate> copies;
    for (const Submission* batch : batches) {
      copies.insert(copies.end(), batch->candidates.begin(), batch->candidates.end());
    }
    std::vector<Candidate*> pointers;
    for (Candidate& copy : copies) pointers.push_back(&copy);
    round->Time("keys", [&] {
      Require(keys_.Resolve(*connection_, pointers).ok(), "cannot resolve");
      keys_.Committed({});
    });
  }

  const Databases databases_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<JournalStore> journal_;
  std::unique_ptr<IndexStore> index_;
  metrics::Registry registry_;
  CommitSignal commits_;
  std::unique_ptr<Indexer> indexer_;
  bench::RequestTemplate request_{"demo", kBatch};
  v1::IngestRequest message_;
  text::Redactor redactor_;
  std::unique_ptr<Preparer> preparer_;
  std::unique_ptr<sql::Connection> connection_;
  MemoryKeyStore keys_;
  uint64_t sum_ = 0;
};

void Print(const std::vector<Round>& rounds, int64_t signals) {
  const auto median = [&](const char* stage) {
    std::vector<double> values;
    for (const Round& round : rounds) values.push_back(round.MicrosASignal(stage, signals));
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  const auto print = [](const char* what, double micros) {
    std::printf("  %-44s %6.2f\n", what, micros);
  };
  std::printf("us of CPU a signal, medians of %d rounds of %d signals\n",
              static_cast<int>(rounds.size()), static_cast<int>(signals));
  print("parsing", median("parse"));
  print("preparing, all of it", median("prepare"));
  print("  of it validation", median("validate"));
  print("  of it redaction", median("redact"));
  print("  of it encoding", median("encode"));
  print("  of it hashes of key and customer", median("hash"));
  print("committing, all of it", median("commit"));
  print("  as large a set of keys in memory", median("keys"));
  print("indexing", median("index"));
}

int Main(int argc, char** argv) {
  int64_t rounds = 5;
  int64_t signals = 500'000;
  std::string url;
  OptionSet options("stage_bench", "What each stage of taking a signal in costs.");
  options.Add("rounds", &rounds, "measured rounds, after one to warm up");
  options.Add("signals", &signals, "signals a round");
  options.Add("database", &url, "an empty database; none: a temporary SQLite folder");
  const auto parsed = options.Parse(argc, argv);
  Require(parsed.ok(), parsed.status().ToString());
  if (!*parsed) return 0;
  SetLogLevel(LogLevel::kWarning);
  bench::SetScrambledIds(true);
  std::string folder = (std::filesystem::temp_directory_path() / "waymark-bench-XXXXXX").string();
  Require(mkdtemp(folder.data()) != nullptr, "cannot make a temporary folder");
  {
    Stages stages(url.empty() ? absl::StrCat("sqlite:", folder, "/feedback.db") : url);
    const int64_t commit = kBatch * kBatchesACommit;
    signals = (signals + commit - 1) / commit * commit;
    stages.Run(signals);
    std::vector<Round> all;
    for (int64_t i = 0; i < rounds; ++i) all.push_back(stages.Run(signals));
    Print(all, signals);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace waymark::feedback

int main(int argc, char** argv) { return waymark::feedback::Main(argc, argv); }
