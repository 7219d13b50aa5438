// How fast signals are taken in, as a share of what a server reaches that only parses them: both in
// this process, behind the same API and limits, in interleaved rounds.
//   ingest_bench [--seconds 30] [--rounds 5] [--streams 2] [--batch 1000|100|1] [--duplicates]
//                [--postgres postgresql://...]
// With --duplicates every signal is one of the last million again. With --postgres, an empty
// database, the same load also goes to the service on PostgreSQL and, as rows by `INSERT ... SELECT
// FROM unnest
// ... ON CONFLICT DO NOTHING`, to a table of it. Writes nothing else outside a temporary folder,
// which it removes.
#include <grpcpp/generic/generic_stub.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/log.h"
#include "libs/base/options.h"
#include "libs/rpc/server_host.h"
#include "services/feedback/module.h"
#include "tests/bench/requests.h"
#include "waymark/feedback/v1/feedback_service.grpc.pb.h"

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
};

absl::Duration CpuTime() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
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
  return {signals / absl::ToDoubleSeconds(absl::Now() - start),
          absl::ToDoubleMicroseconds(CpuTime() - cpu) / signals};
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

/// What a team would do without us: the batches' rows into a table with a unique key, each batch in
/// a transaction of its own, from as many sessions as there are clients.
class OnConflictTable {
 public:
  explicit OnConflictTable(const std::string& url) {
    sql::DatabaseOptions options;
    options.pool_size = 64;
    auto database = sql::Database::Open(url, options);
    Require(database.ok(), database.status().ToString());
    database_ = *std::move(database);
    const absl::Status made = database_->RunTransaction([](sql::Connection& connection) {
      return connection.ExecuteScript(
          "DROP TABLE IF EXISTS rows_of_bench; CREATE TABLE rows_of_bench (tenant TEXT, "
          "source TEXT, external_id TEXT, revision BIGINT NOT NULL, content BIGINT NOT NULL, "
          "payload BYTEA NOT NULL, PRIMARY KEY (tenant, source, external_id))");
    });
    Require(made.ok(), made.ToString());
  }

  Speed Run(const Load& load, absl::Duration duration) {
    return Measure(load, duration,
                   [&](int, absl::Time deadline) { return Insert(load.batch, deadline); });
  }

 private:
  int64_t Insert(int batch, absl::Time deadline) {
    const std::string payload = bench::MakeSignal(0).SerializeAsString();
    constexpr absl::string_view kColumns[] = {"tenant",   "source",  "external_id",
                                              "revision", "content", "payload"};
    int64_t sent = 0;
    while (absl::Now() < deadline) {
      std::vector<sql::Value> values;
      uint64_t id = bench::TakeIds(batch);
      for (int i = 0; i < batch; ++i, ++id) {
        const uint64_t key = bench::IdAt(id);
        values.insert(values.end(), {sql::Value("demo"), sql::Value("bench"),
                                     sql::Value(absl::StrFormat("%016x", key)), sql::Value(0),
                                     sql::Value(static_cast<int64_t>(key * 0x9E3779B97F4A7C15)),
                                     sql::Value::Bytes(payload)});
      }
      const absl::Status status = database_->RunTransaction(
          [&](sql::Connection& connection) {
            return connection
                .BulkInsert("rows_of_bench", kColumns, values, sql::OnConflict::kDoNothing)
                .status();
          },
          sql::Isolation::kReadCommitted);
      Require(status.ok(), status.ToString());
      sent += batch;
    }
    return sent;
  }

  std::unique_ptr<sql::Database> database_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<rpc::ServerHost> Serve(const std::vector<rpc::NamedService>& services) {
  auto host = rpc::ServerHost::Start({}, services);
  Require(host.ok(), host.status().ToString());
  return *std::move(host);
}

/// The feedback service on an empty journal.
class FeedbackServer {
 public:
  explicit FeedbackServer(const std::string& database) {
    feedback::Options options;
    options.database = database;
    options.max_index_lag = 0;  // a long run would be shed
    tenants_ = *rpc::TenantRegistry::Load("");
    auto module = feedback::FeedbackModule::Create(
        options,
        {.environment = {.clock = Clock::Real(), .tenants = tenants_.get(), .metrics = &metrics_}});
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
    return MeasureServer(host_->address(), load, duration);
  }

 private:
  metrics::Registry metrics_;
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<feedback::FeedbackModule> module_;
  std::unique_ptr<rpc::ServerHost> host_;
};

class ParseOnlyServer {
 public:
  ParseOnlyServer() : host_(Serve({{v1::FeedbackService::service_full_name(), &service_}})) {}

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
  std::vector<double> ratio = {};
};

void Compare(const Load& load, int64_t rounds, absl::Duration round, std::vector<Target> targets) {
  for (const Target& target : targets) target.run(load, round);  // to warm up
  for (int64_t i = 0; i < rounds; ++i) {
    for (Target& target : targets) {
      const Speed speed = target.run(load, round);
      target.per_second.push_back(speed.per_second);
      target.cpu_micros.push_back(speed.cpu_micros);
      target.ratio.push_back(speed.per_second / targets[0].per_second.back());
    }
  }
  std::printf("%s\n", load.name);
  for (const Target& target : targets) {
    std::printf("  %-24s %12.0f/s %8.3f of the first %9.2f us CPU %7.2f times\n",
                target.name.c_str(), Median(target.per_second), Median(target.ratio),
                Median(target.cpu_micros),
                Median(target.cpu_micros) / Median(targets[0].cpu_micros));
  }
  std::fflush(stdout);
}

void MeasureLoad(const Load& load, int64_t rounds, absl::Duration round,
                 const std::string& postgres) {
  std::string folder = (std::filesystem::temp_directory_path() / "waymark-bench-XXXXXX").string();
  Require(mkdtemp(folder.data()) != nullptr, "cannot make a temporary folder");
  {
    const ParseOnlyServer parse_only;
    const FeedbackServer sqlite(absl::StrCat("sqlite:", folder, "/feedback.db"));
    std::vector<Target> targets = {
        {"parse only", [&](const auto&... a) { return parse_only.Run(a...); }},
        {"ingest on SQLite", [&](const auto&... a) { return sqlite.Run(a...); }}};
    std::unique_ptr<FeedbackServer> on_postgres;
    std::unique_ptr<OnConflictTable> table;
    if (!postgres.empty()) {
      on_postgres = std::make_unique<FeedbackServer>(postgres);
      table = std::make_unique<OnConflictTable>(postgres);
      targets.push_back(
          {"ingest on PostgreSQL", [&](const auto&... a) { return on_postgres->Run(a...); }});
      targets.push_back(
          {"ON CONFLICT DO NOTHING", [&](const auto&... a) { return table->Run(a...); }});
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
  std::string postgres;
  OptionSet options("ingest_bench", "Compares ingest with a server that only parses.");
  options.Add("seconds", &seconds, "how long all of it may take, about");
  options.Add("rounds", &rounds, "measured rounds of each load, after one to warm up");
  options.Add("streams", &streams, "streams that upload at once");
  options.Add("batch", &batch, "only the load with batches of that size; 0: all");
  options.Add("duplicates", &duplicates, "send signals that are known already");
  options.Add("postgres", &postgres, "an empty database to measure on, too");
  const auto parsed = options.Parse(argc, argv);
  Require(parsed.ok(), parsed.status().ToString());
  if (!*parsed) return 0;
  Require(seconds > 0 && rounds > 0 && streams > 0, "numbers must be positive");
  SetLogLevel(LogLevel::kWarning);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as servers do
  if (duplicates) bench::SetIdCycle(1'000'000);

  const Load loads[] = {{"streams of batches of 1000", 1000, static_cast<int>(streams), Upload},
                        {"streams of batches of 100", 100, static_cast<int>(streams), Upload},
                        {"calls of 1 signal, 64 clients", 1, 64, Call}};
  const int64_t targets = postgres.empty() ? 2 : 4;
  const int64_t measured = batch == 0 ? static_cast<int64_t>(std::size(loads)) : 1;
  const absl::Duration round = absl::Seconds(seconds) / (targets * (rounds + 1) * measured);
  std::printf("%zu bytes a signal; medians of %d rounds of %s\n",
              RequestTemplate("demo", 1000).bytes_per_signal(), static_cast<int>(rounds),
              absl::FormatDuration(round).c_str());
  for (const Load& load : loads) {
    if (batch == 0 || batch == load.batch) MeasureLoad(load, rounds, round, postgres);
  }
  return 0;
}

}  // namespace
}  // namespace waymark

int main(int argc, char** argv) { return waymark::Main(argc, argv); }
