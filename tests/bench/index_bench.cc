// How fast the journal is indexed, in steps up to --signals, each step's rate by itself: it must
// stay flat. A quarter of the signals carries about 24 words. With --step the share of the steps is
// set.
//   index_bench [--signals 5000000] [--step 500000] [--database sqlite:...]
// Without --database it works in a temporary folder, which it removes.
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "libs/base/clock.h"
#include "libs/base/options.h"
#include "libs/base/status_macros.h"
#include "services/feedback/databases.h"
#include "services/feedback/index_store.h"
#include "services/feedback/indexer.h"
#include "services/feedback/journal_store.h"
#include "services/feedback/metrics.h"
#include "services/feedback/preparation.h"

namespace waymark::feedback {
namespace {

constexpr int kBatch = 10'000;
constexpr int kWordsAText = 24;

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// Signals whose words follow Zipf's law, of a million customers, mostly in order of time.
class Load {
 public:
  Load() {
    for (int i = 0; i < 50'000; ++i) {
      std::string& word = words_.emplace_back();
      for (int length = 2 + static_cast<int>(random_() % 8); length > 0; --length) {
        word.push_back(static_cast<char>('a' + random_() % 26));
      }
    }
  }

  v1::Signal Next() {
    const int64_t i = next_++;
    v1::Signal signal;
    signal.set_source(absl::StrCat("source-", i % 8));
    signal.set_external_id(absl::StrFormat("%016x", i));
    signal.set_customer(absl::StrFormat("customer-%08d", random_() % 1'000'000));
    signal.set_account(absl::StrFormat("account-%05d", random_() % 10'000));
    signal.mutable_event_time()->set_seconds(1'700'000'000 + i / 20 -
                                             static_cast<int64_t>(random_() % 3600));
    signal.set_sequence(i);
    for (const char* key : {"country", "loyalty", "segment"}) {
      auto* attribute = signal.add_attributes();
      attribute->set_key(key);
      attribute->set_value(absl::StrCat("value-", i % 10));
    }
    if (i % 4 != 0) {
      auto* interaction = signal.mutable_interaction();
      interaction->set_activity("checkout_payment_details_entered");
      interaction->set_session(absl::StrFormat("session-2f6c1b9e-%012d", i));
      interaction->set_channel("web");
      interaction->set_device("mobile-safari-17");
      return signal;
    }
    auto* survey = signal.mutable_survey_response();
    auto* rating = survey->add_answers();
    rating->set_question("nps");
    rating->set_type(v1::QUESTION_TYPE_NPS);
    rating->set_number(static_cast<double>(i % 11));
    auto* text = survey->add_answers();
    text->set_question("why");
    for (int word = 0; word < kWordsAText; ++word) {
      absl::StrAppend(text->mutable_text(), Word(), word % 8 == 7 ? ", " : " ");
    }
    return signal;
  }

 private:
  const std::string& Word() {
    const double uniform = std::uniform_real_distribution<>(0, 1)(random_);
    return words_[static_cast<size_t>(std::pow(static_cast<double>(words_.size()), uniform)) - 1];
  }

  std::mt19937_64 random_{1};
  std::vector<std::string> words_;
  int64_t next_ = 0;
};

absl::Status Fill(int64_t signals, Store* store, JournalStore* journal, Load* load) {
  const Preparer preparer(store->hash_key());
  for (int64_t done = 0; done < signals; done += kBatch) {
    google::protobuf::RepeatedPtrField<v1::Signal> batch;
    for (int i = 0; i < kBatch; ++i) *batch.Add() = load->Next();
    Submission submission;
    submission.tenant = "demo";
    text::RedactionCounts redactions;
    WM_RETURN_IF_ERROR(preparer.Prepare(&batch, &submission, &redactions));
    Submission* const pointers[] = {&submission};
    WM_RETURN_IF_ERROR(journal->Commit(pointers));
  }
  return absl::OkStatus();
}

absl::Status Run(int64_t signals, int64_t step, const std::string& url) {
  WM_ASSIGN_OR_RETURN(const Databases databases, OpenDatabases(url));
  WM_ASSIGN_OR_RETURN(const auto store, Store::Open(databases.journal.get()));
  WM_ASSIGN_OR_RETURN(const auto journal, JournalStore::Create(store.get(), Clock::Real()));
  WM_ASSIGN_OR_RETURN(const auto index, IndexStore::Open(databases.index(), *store));
  metrics::Registry registry;
  CommitSignal commits;
  Indexer indexer(store.get(), index.get(), &commits, Clock::Real(), IndexMetrics(&registry));
  Load load;
  double first = 0;
  absl::PrintF("%12s %14s %14s %8s\n", "stored", "signals/s", "us CPU", "of first");
  for (int64_t stored = 0; stored < signals; stored += step) {
    WM_RETURN_IF_ERROR(Fill(step, store.get(), journal.get(), &load));
    const absl::Time start = absl::Now();
    const double cpu = CpuSeconds();
    WM_RETURN_IF_ERROR(indexer.CatchUp());
    const double rate = static_cast<double>(step) / absl::ToDoubleSeconds(absl::Now() - start);
    if (stored == 0) first = rate;
    absl::PrintF("%12d %14.0f %14.2f %8.2f\n", stored + step, rate,
                 1e6 * (CpuSeconds() - cpu) / static_cast<double>(step), rate / first);
    fflush(stdout);
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace waymark::feedback

int main(int argc, char** argv) {
  int64_t signals = 5'000'000;
  int64_t step = 500'000;
  std::string url;
  waymark::OptionSet options("index_bench", "How fast the journal is indexed");
  options.Add("signals", &signals, "how many signals in all");
  options.Add("step", &step, "signals a step");
  options.Add("database", &url, "an empty database; none: a temporary SQLite folder");
  const auto parsed = options.Parse(argc, argv);
  if (!parsed.ok()) fprintf(stderr, "%s\n", parsed.status().ToString().c_str());
  if (!parsed.ok() || !*parsed) return parsed.ok() ? 0 : 2;
  std::string folder = "/tmp/index_bench.XXXXXX";
  if (url.empty()) {
    if (mkdtemp(folder.data()) == nullptr) return 1;
    url = absl::StrCat("sqlite:", folder, "/feedback.db");
  }
  const absl::Status status = waymark::feedback::Run(signals, step, url);
  if (absl::StartsWith(url, "sqlite:/tmp/index_bench.")) std::filesystem::remove_all(folder);
  if (!status.ok()) fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
