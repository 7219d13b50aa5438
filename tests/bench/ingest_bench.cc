// How fast signals are taken in, as a share of what a server reaches that only parses them: both in
// this process, behind the same API and limits, in interleaved rounds.
//   ingest_bench [--seconds 30] [--rounds 5] [--streams 2] [--batch 1000|100|1] [--duplicates]
//                [--growing-ids] [--index=false] [--postgres postgresql://... [--sessions 4]]
// External ids come in no order, as those that vendors make and UUIDs do; with --growing-ids each
// is one more than the last. With --duplicates every signal is one of the last million again. With
// --postgres, an empty database, the same signals also go to the service on PostgreSQL and, as
// rows, to a table (see on_conflict_table.h) from as many sessions as --sessions says. With
// --index=false nothing is indexed meanwhile: the accept path alone. Writes nothing else outside a
// temporary folder, which it removes.
#include <grpcpp/generic/generic_stub.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/log.h"
#include "libs/base/options.h"
#include "libs/rpc/server_host.h"
#include "services/feedback/module.h"
#include "tests/bench/on_conflict_table.h"
#include "tests/bench/requests.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"
#include "waymark/feedback/v1/signal_service.grpc.pb.h"

namespace waymark {
namespace {

namespace v1 = feedback::v1;

using bench::RequestTemplate;
using bench::Require;

class ParseOnlyService : public v1::FeedbackService::Service {
  grpc::Status Ingest(grpc::ServerContext*, const v1::IngestRequest*,
                      v1::IngestResponse*) override {
    return grpc::Status::OK;
  }
  grpc::Status StreamIngest(grpc::ServerContext*,
                            grpc::ServerReader<v1::StreamIngestRequest>* reader,
                            v1::StreamIngestResponse*) override {
    v1::StreamIngestRequest request;
    while (reader->Read(&request)) continue;
    return grpc::Status::OK;
  }
};

void AddTenant(grpc::ClientContext& context) { context.AddMetadata("waymark-tenant", "demo"); }

/// Sends batches on one stream until `deadline`; returns how many signals.
int64_t Upload(grpc::GenericStub& stub, RequestTemplate request, absl::Time deadline) {
  grpc::ClientContext context;
  AddTenant(context);
  grpc::CompletionQueue queue;
  const auto wait = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call =
      stub.PrepareCall(&context, "/waymark.feedback.v1.FeedbackService/StreamIngest", &queue);
  call->StartCall(nullptr);
  Require(wait(), "cannot connect");
  int64_t sent = 0;
  while (absl::Now() < deadline) {
    call->Write(request.Next(), nullptr);
    if (!wait()) break;
    sent += request.batch();
  }
  call->WritesDone(nullptr);
  wait();
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  wait();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  Require(status.ok(), status.error_message());
  return sent;
}

/// Calls Ingest, one after another, until `deadline`.
int64_t Call(grpc::GenericStub& stub, RequestTemplate request, absl::Time deadline) {
  grpc::CompletionQueue queue;
  int64_t sent = 0;
  while (absl::Now() < deadline) {
    grpc::ClientContext context;
    AddTenant(context);
    grpc::ByteBuffer response;
    grpc::Status status;
    const auto call = stub.PrepareUnaryCall(&context, "/waymark.feedback.v1.FeedbackService/Ingest",
                                            request.Next(), &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    Require(status.ok(), status.error_message());
    sent += request.batch();
  }
  return sent;
}

struct Load {
  const char* name;
  int batch;
  int clients;
  int64_t (*run)(grpc::GenericStub&, RequestTemplate, absl::Time);
};

struct Speed {
  double per_second = 0;
  double cpu_micros = 0;
  /// Until the last one was indexed, too.
  double indexed_per_second = 0;
};

// Of this process and of every PostgreSQL process on this machine, where there should be no other.
absl::Duration CpuTime() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  absl::Duration time =
      absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(process.path() / "stat");
    std::string stat;
    if (!std::getline(file, stat) || !absl::StrContains(stat, "(postgres)")) continue;
    const std::vector<std::string> fields = absl::StrSplit(stat, ' ');
    for (const size_t ticks_at : {13, 14}) {  // user and system, see proc(5)
      int64_t ticks = 0;
      if (absl::SimpleAtoi(fields[ticks_at], &ticks)) {
        time += absl::Seconds(ticks) / sysconf(_SC_CLK_TCK);
      }
    }
  }
  return time;
}

/// Runs `client` in as many threads as the load has clients.
Speed Measure(const Load& load, absl::Duration duration,
              const std::function<int64_t(int client, absl::Time deadline)>& client) {
  const absl::Time start = absl::Now();
  const absl::Duration cpu = CpuTime();
  std::atomic<int64_t> sent = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < load.clients; ++i) {
    threads.emplace_back([&, i] { sent += client(i, start + duration); });
  }
  for (std::thread& thread : threads) thread.join();
  const double signals = static_cast<double>(sent);
  return {.per_second = signals / absl::ToDoubleSeconds(absl::Now() - start),
          .cpu_micros = absl::ToDoubleMicroseconds(CpuTime() - cpu) / signals};
}

Speed MeasureServer(const std::string& address, const Load& load, absl::Duration duration) {
  return Measure(load, duration, [&](int i, absl::Time deadline) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("connection", i % 8);  // so that channels do not share one
    grpc::GenericStub stub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    return load.run(stub, RequestTemplate("demo", load.batch), deadline);
  });
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<rpc::ServerHost> Serve(const std::vector<rpc::NamedService>& services,
                                       const rpc::ServerOptions& options = {}) {
  auto host = rpc::ServerHost::Start(options, services);
  Require(host.ok(), host.status().ToString());
  return *std::move(host);
}

/// The feedback service on an empty journal.
class FeedbackServer {
 public:
  FeedbackServer(const std::string& database, bool index) : index_(index) {
    feedback::Options options;
    options.database = database;
    options.max_index_lag = 0;  // a long run would be shed
    tenants_ = *rpc::TenantRegistry::Load("");
    auto module = feedback::FeedbackModule::Create(
        options,
        {.environment = {.clock = Clock::Real(), .tenants = tenants_.get(), .metrics = &metrics_},
         .index = index});
    Require(module.ok(), module.status().ToString());
    module_ = *std::move(module);
    Require(module_->Start().ok(), "cannot start");
    host_ = Serve(module_->services());
  }
  ~FeedbackServer() {
    host_ = nullptr;
    module_->Stop();
  }

  Speed Run(const Load& load, absl::Duration duration) const {
    const absl::Time start = absl::Now();
    Speed speed = MeasureServer(host_->address(), load, duration);
    if (!index_) return speed;
    const double signals = speed.per_second * absl::ToDoubleSeconds(absl::Now() - start);
    WaitForIndex();
    speed.indexed_per_second = signals / absl::ToDoubleSeconds(absl::Now() - start);
    return speed;
  }

 private:
  // What is left must not slow down whoever is measured next.
  void WaitForIndex() const {
    const auto stub = v1::SignalService::NewStub(
        grpc::CreateChannel(host_->address(), grpc::InsecureChannelCredentials()));
    v1::GetIndexStatusRequest request;
    request.set_parent("tenants/demo");
    for (v1::IndexStatus status;; absl::SleepFor(absl::Milliseconds(20))) {
      grpc::ClientContext context;
      AddTenant(context);
      const grpc::Status got = stub->GetIndexStatus(&context, request, &status);
      Require(got.ok(), got.error_message());
      if (status.waiting() == 0) return;
    }
  }

  const bool index_;
  metrics::Registry metrics_;
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<feedback::FeedbackModule> module_;
  std::unique_ptr<rpc::ServerHost> host_;
};

class ParseOnlyServer {
 public:
  // Handlers that wait for nothing are fastest with few threads.
  ParseOnlyServer()
      : host_(Serve({{v1::FeedbackService::service_full_name(), &service_}}, {.idle_threads = 0})) {
  }

  Speed Run(const Load& load, absl::Duration duration) const {
    return MeasureServer(host_->address(), load, duration);
  }

 private:
  ParseOnlyService service_;
  std::unique_ptr<rpc::ServerHost> host_;
};

/// What a load is measured against, the first of them the one that the others are compared with.
struct Target {
  std::string name;
  std::function<Speed(const Load&, absl::Duration)> run;
  std::vector<double> per_second = {};
  std::vector<double> cpu_micros = {};
  std::vector<double> indexed_per_second = {};
  std::vector<double> ratio = {};
};

void Compare(const Load& load, int64_t rounds, absl::Duration round, std::vector<Target> targets) {
  for (const Target& target : targets) target.run(load, round);  // to warm up
  for (int64_t i = 0; i < rounds; ++i) {
    for (Target& target : targets) {
      const Speed speed = target.run(load, round);
      target.per_second.push_back(speed.per_second);
      target.cpu_micros.push_back(speed.cpu_micros);
      target.indexed_per_second.push_back(speed.indexed_per_second);
      target.ratio.push_back(speed.per_second / targets[0].per_second.back());
    }
  }
  std::printf("%s\n", load.name);
  for (const Target& target : targets) {
    std::printf("  %-24s %12.0f/s %8.3f of the first %9.2f us CPU %7.2f times", target.name.c_str(),
                Median(target.per_second), Median(target.ratio), Median(target.cpu_micros),
                Median(target.cpu_micros) / Median(targets[0].cpu_micros));
    const double indexed = Median(target.indexed_per_second);
    std::printf(indexed > 0 ? " %12.0f/s and indexed\n" : "\n", indexed);
  }
  std::fflush(stdout);
}

struct PostgresOptions {
  std::string url;
  int64_t sessions = 4;
};

/// The service on one database, the table in the same, in turns.
class OnPostgres {
 public:
  OnPostgres(const PostgresOptions& options, bool index)
      : options_(options),
        server_(options.url, index),
        table_(options.url, static_cast<int>(options.sessions)) {}

  void AddTargets(std::vector<Target>* targets) {
    targets->push_back(
        {"ingest on PostgreSQL", [this](const auto&... a) { return server_.Run(a...); }});
    targets->push_back({"ON CONFLICT DO NOTHING", [this](Load load, absl::Duration round) {
                          const int batch = load.batch;
                          load.clients = static_cast<int>(options_.sessions);
                          return Measure(load, round, [&](int, absl::Time deadline) {
                            return table_.Insert(batch, deadline);
                          });
                        }});
  }

 private:
  const PostgresOptions& options_;
  FeedbackServer server_;
  bench::OnConflictTable table_;
};

void MeasureLoad(const Load& load, int64_t rounds, absl::Duration round, bool index,
                 const PostgresOptions& postgres) {
  std::string folder = (std::filesystem::temp_directory_path() / "waymark-bench-XXXXXX").string();
  Require(mkdtemp(folder.data()) != nullptr, "cannot make a temporary folder");
  {
    const ParseOnlyServer parse_only;
    const FeedbackServer sqlite(absl::StrCat("sqlite:", folder, "/feedback.db"), index);
    std::vector<Target> targets = {
        {"parse only", [&](const auto&... a) { return parse_only.Run(a...); }},
        {"ingest on SQLite", [&](const auto&... a) { return sqlite.Run(a...); }}};
    std::unique_ptr<OnPostgres> on_postgres;
    if (!postgres.url.empty()) {
      on_postgres = std::make_unique<OnPostgres>(postgres, index);
      on_postgres->AddTargets(&targets);
    }
    Compare(load, rounds, round, std::move(targets));
  }
  std::filesystem::remove_all(folder);
}

int Main(int argc, char** argv) {
  int64_t seconds = 30;
  int64_t rounds = 5;
  int64_t streams = 2;
  int64_t batch = 0;
  bool duplicates = false;
  bool growing_ids = false;
  bool index = true;
  PostgresOptions postgres;
  OptionSet options("ingest_bench", "Compares ingest with a server that only parses.");
  options.Add("seconds", &seconds, "how long all of it may take, about");
  options.Add("rounds", &rounds, "measured rounds of each load, after one to warm up");
  options.Add("streams", &streams, "streams that upload at once");
  options.Add("batch", &batch, "only the load with batches of that size; 0: all");
  options.Add("duplicates", &duplicates, "send signals that are known already");
  options.Add("growing-ids", &growing_ids, "each external id is one more than the last");
  options.Add("index", &index, "whether what is taken in is indexed at the same time");
  options.Add("postgres", &postgres.url, "an empty database to measure on, too");
  options.Add("sessions", &postgres.sessions, "that insert into the table of that database");
  const auto parsed = options.Parse(argc, argv);
  Require(parsed.ok(), parsed.status().ToString());
  if (!*parsed) return 0;
  Require(seconds > 0 && rounds > 0 && streams > 0, "numbers must be positive");
  SetLogLevel(LogLevel::kWarning);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as servers do
  if (duplicates) bench::SetIdCycle(1'000'000);
  bench::SetScrambledIds(!growing_ids);

  const Load loads[] = {{"streams of batches of 1000", 1000, static_cast<int>(streams), Upload},
                        {"streams of batches of 100", 100, static_cast<int>(streams), Upload},
                        {"calls of 1 signal, 64 clients", 1, 64, Call}};
  const int64_t targets = postgres.url.empty() ? 2 : 4;
  const int64_t measured = batch == 0 ? static_cast<int64_t>(std::size(loads)) : 1;
  const absl::Duration round = absl::Seconds(seconds) / (targets * (rounds + 1) * measured);
  std::printf("%zu bytes a signal; medians of %d rounds of %s\n",
              RequestTemplate("demo", 1000).bytes_per_signal(), static_cast<int>(rounds),
              absl::FormatDuration(round).c_str());
  for (const Load& load : loads) {
    if (batch == 0 || batch == load.batch) MeasureLoad(load, rounds, round, index, postgres);
  }
  return 0;
}

}  // namespace
}  // namespace waymark

int main(int argc, char** argv) { return waymark::Main(argc, argv); }
