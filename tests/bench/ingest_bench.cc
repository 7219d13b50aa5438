// How fast signals are taken in, as a share of what a server reaches that only parses them: both in
// this process, behind the same API and limits, in interleaved rounds.
//   ingest_bench [--seconds 30] [--rounds 5] [--streams 2] [--batch 1000|100|1]
// Writes nothing outside a temporary folder, which it removes.
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

Speed Measure(const std::string& address, const Load& load, absl::Duration duration) {
  const absl::Time start = absl::Now();
  const absl::Duration cpu = CpuTime();
  std::atomic<int64_t> sent = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < load.clients; ++i) {
    threads.emplace_back([&, i] {
      grpc::ChannelArguments arguments;
      arguments.SetInt("connection", i % 8);  // so that channels do not share one
      grpc::GenericStub stub(
          grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
      sent += load.run(stub, RequestTemplate("demo", load.batch), start + duration);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double signals = static_cast<double>(sent);
  return {signals / absl::ToDoubleSeconds(absl::Now() - start),
          absl::ToDoubleMicroseconds(CpuTime() - cpu) / signals};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Both servers, the real one on an empty journal.
class Servers {
 public:
  explicit Servers(const std::string& folder) {
    feedback::Options options;
    options.database = absl::StrCat("sqlite:", folder, "/feedback.db");
    options.max_index_lag = 0;  // a long run would be shed
    tenants_ = *rpc::TenantRegistry::Load("");
    auto module = feedback::FeedbackModule::Create(
        options,
        {.environment = {.clock = Clock::Real(), .tenants = tenants_.get(), .metrics = &metrics_}});
    Require(module.ok(), module.status().ToString());
    module_ = *std::move(module);
    Require(module_->Start().ok(), "cannot start");
    real_ = Start(module_->services());
    parse_only_ = Start({{v1::FeedbackService::service_full_name(), &parse_only_service_}});
  }
  ~Servers() {
    real_ = nullptr;
    module_->Stop();
  }

  const std::string& real() const { return real_->address(); }
  const std::string& parse_only() const { return parse_only_->address(); }

 private:
  static std::unique_ptr<rpc::ServerHost> Start(const std::vector<rpc::NamedService>& services) {
    auto host = rpc::ServerHost::Start({}, services);
    Require(host.ok(), host.status().ToString());
    return *std::move(host);
  }

  metrics::Registry metrics_;
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<feedback::FeedbackModule> module_;
  ParseOnlyService parse_only_service_;
  std::unique_ptr<rpc::ServerHost> real_;
  std::unique_ptr<rpc::ServerHost> parse_only_;
};

void Compare(const Load& load, int64_t rounds, absl::Duration round, const std::string& folder) {
  Servers servers(folder);
  Measure(servers.parse_only(), load, round);
  Measure(servers.real(), load, round);
  std::vector<double> base, real, ratio, base_cpu, real_cpu;
  for (int64_t i = 0; i < rounds; ++i) {
    const Speed parse_only = Measure(servers.parse_only(), load, round);
    const Speed ours = Measure(servers.real(), load, round);
    base.push_back(parse_only.per_second);
    real.push_back(ours.per_second);
    ratio.push_back(ours.per_second / parse_only.per_second);
    base_cpu.push_back(parse_only.cpu_micros);
    real_cpu.push_back(ours.cpu_micros);
  }
  std::printf("%-32s %12.0f %12.0f %8.3f %10.2f %10.2f %8.2f\n", load.name, Median(base),
              Median(real), Median(ratio), Median(base_cpu), Median(real_cpu),
              Median(real_cpu) / Median(base_cpu));
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  int64_t seconds = 30;
  int64_t rounds = 5;
  int64_t streams = 2;
  int64_t batch = 0;
  OptionSet options("ingest_bench", "Compares ingest with a server that only parses.");
  options.Add("seconds", &seconds, "how long all of it may take, about");
  options.Add("rounds", &rounds, "measured rounds of each load, after one to warm up");
  options.Add("streams", &streams, "streams that upload at once");
  options.Add("batch", &batch, "only the load with batches of that size; 0: all");
  const auto parsed = options.Parse(argc, argv);
  Require(parsed.ok(), parsed.status().ToString());
  if (!*parsed) return 0;
  Require(seconds > 0 && rounds > 0 && streams > 0, "numbers must be positive");
  SetLogLevel(LogLevel::kWarning);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as servers do

  const Load loads[] = {{"streams of batches of 1000", 1000, static_cast<int>(streams), Upload},
                        {"streams of batches of 100", 100, static_cast<int>(streams), Upload},
                        {"calls of 1 signal, 64 clients", 1, 64, Call}};
  const absl::Duration round = absl::Seconds(seconds) / (2 * (rounds + 1) * std::size(loads));
  std::string folder = (std::filesystem::temp_directory_path() / "waymark-bench-XXXXXX").string();
  Require(mkdtemp(folder.data()) != nullptr, "cannot make a temporary folder");
  std::printf("%zu bytes a signal; medians of %d rounds of %s\n",
              RequestTemplate("demo", 1000).bytes_per_signal(), static_cast<int>(rounds),
              absl::FormatDuration(round).c_str());
  std::printf("%-32s %12s %12s %8s %10s %10s %8s\n", "", "parse only/s", "ingest/s", "ratio",
              "cpu us", "cpu us", "ratio");
  for (const Load& load : loads) {
    if (batch != 0 && batch != load.batch) continue;
    const std::string data = absl::StrCat(folder, "/", load.batch);
    Compare(load, rounds, round, data);
    std::filesystem::remove_all(data);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace waymark

int main(int argc, char** argv) { return waymark::Main(argc, argv); }
