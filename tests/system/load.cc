#include "tests/system/load.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/api/status.h"

namespace waymark::system_test {
namespace {

constexpr int kClients = 4;
constexpr size_t kMostSignals = 120;

// Removes an element; the order changes.
SignalId Draw(std::vector<SignalId>* from, uint64_t random) {
  std::swap((*from)[random % from->size()], from->back());
  SignalId drawn = std::move(from->back());
  from->pop_back();
  return drawn;
}

}  // namespace

Failure FailureOf(const grpc::Status& status) {
  const std::string reason = api_test::ErrorInfoOf(status).reason();
  return {status.error_code(), reason.empty() ? status.error_message() : reason};
}

Load::Load(AckJournal* journal, std::vector<std::string> addresses, uint64_t seed)
    : journal_(journal), addresses_(std::move(addresses)), seed_(seed), clients_(kClients) {}

Load::~Load() { Stop(); }

void Load::Start(const std::string& source) {
  stopping_ = false;
  answered_ = 0;
  ++starts_;
  {
    absl::MutexLock lock(&mutex_);
    failures_.clear();
  }
  for (int number = 0; number < kClients; ++number) {
    threads_.emplace_back([this, number, source] { Run(number, source); });
  }
}

void Load::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::map<Failure, int> Load::failures() const {
  absl::MutexLock lock(&mutex_);
  return failures_;
}

void Load::Run(int number, const std::string& source) {
  std::mt19937_64 random(seed_ * 1'000'003 + starts_ * 101 + number);
  std::vector<std::unique_ptr<FeedbackClient>> servers;
  for (const std::string& address : addresses_) {
    servers.push_back(std::make_unique<FeedbackClient>(address));
  }
  Client& client = clients_[number];
  while (!stopping_) {
    const std::vector<SignalId> batch = Take(number, source, random());
    const grpc::Status status = Send(*servers[random() % servers.size()], batch, random());
    auto& known = status.ok() ? client.acknowledged : client.pending;
    known.insert(known.end(), batch.begin(), batch.end());
    if (status.ok()) {
      ++answered_;
      continue;
    }
    {
      absl::MutexLock lock(&mutex_);
      ++failures_[FailureOf(status)];
    }
    absl::SleepFor(absl::Milliseconds(5));  // as any client would, before it tries again
  }
}

std::vector<SignalId> Load::Take(int number, const std::string& source, uint64_t seed) {
  std::mt19937_64 random(seed);
  Client& client = clients_[number];
  const size_t size = 1 + random() % kMostSignals;
  std::vector<SignalId> batch;
  while (batch.size() < size && !client.pending.empty()) {
    batch.push_back(Draw(&client.pending, random()));
  }
  while (batch.size() < size) {
    const uint64_t choice = random() % 10;
    if (choice < 7 || client.acknowledged.empty()) {
      batch.push_back({source, absl::StrCat(number, "-", client.made++), 0});
      continue;
    }
    batch.push_back(Draw(&client.acknowledged, random()));
    if (choice < 9) ++batch.back().revision;
  }
  return batch;
}

grpc::Status Load::Send(FeedbackClient& client, const std::vector<SignalId>& batch,
                        uint64_t random) {
  std::vector<feedback::v1::Signal> signals;
  for (const SignalId& id : batch) signals.push_back(id.Make());
  journal_->Sent(batch);
  grpc::Status status;
  if (random % 3 != 0) {
    feedback::v1::IngestResponse answer;
    status = client.Ingest(signals, &answer, absl::Seconds(10));
    if (status.ok()) journal_->Acknowledged(batch, answer);
    return status;
  }
  std::vector<std::vector<feedback::v1::Signal>> batches;
  for (size_t at = 0; at < signals.size(); at += 30) {
    const auto begin = signals.begin() + at;
    batches.emplace_back(begin, begin + std::min<size_t>(30, signals.size() - at));
  }
  feedback::v1::StreamIngestResponse answer;
  status = client.Stream(batches, &answer);
  if (status.ok()) journal_->Acknowledged(batch, answer);
  return status;
}

}  // namespace waymark::system_test
