// What becomes of a waymark-feedback process on SQLite as it fills: the rate of each step, the
// memory, how long the index needs to catch up, and how long a restart takes.
//   scale_bench [--signals 5000000] [--step 500000] [--streams 2]
// Starts the server of this build on a temporary folder, which it removes.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/options.h"
#include "libs/testing/process.h"
#include "tests/bench/requests.h"
#include "waymark/feedback/v1/signal_service.grpc.pb.h"

namespace waymark::bench {
namespace {

constexpr int kBatch = 1000;

/// A server process, and how it is asked.
class Server {
 public:
  explicit Server(const std::string& folder) : start_(absl::Now()) {
    process_ = std::make_unique<testing::Process>(std::vector<std::string>{
        testing::BinaryPath("waymark-feedback"), "--listen", "127.0.0.1:0", "--log-level",
        "warning", "--database", absl::StrCat("sqlite:", folder, "/feedback.db")});
    const std::string line = process_->WaitForLine("listening", absl::Minutes(2));
    Require(!line.empty(), absl::StrCat("the server does not start: ", process_->err()));
    started_in_ = absl::Now() - start_;
    address_ = line.substr(line.rfind(' ') + 1);
    signals_ = feedback::v1::SignalService::NewStub(
        grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
  }

  const std::string& address() const { return address_; }
  absl::Duration started_in() const { return started_in_; }

  /// Megabytes of it that are in memory.
  double Megabytes() const {
    std::ifstream status(absl::StrCat("/proc/", process_->pid(), "/status"));
    for (std::string line; std::getline(status, line);) {
      absl::string_view rest = line;
      int64_t kilobytes = 0;
      if (absl::ConsumePrefix(&rest, "RssAnon:") && absl::ConsumeSuffix(&rest, " kB") &&
          absl::SimpleAtoi(rest, &kilobytes)) {
        return static_cast<double>(kilobytes) / 1024;
      }
    }
    return 0;
  }

  int64_t WaitingForIndex() const {
    grpc::ClientContext context;
    context.AddMetadata("waymark-tenant", "demo");
    feedback::v1::GetIndexStatusRequest request;
    request.set_parent("tenants/demo");
    feedback::v1::IndexStatus status;
    const grpc::Status answered = signals_->GetIndexStatus(&context, request, &status);
    Require(answered.ok(), answered.error_message());
    return status.waiting();
  }

  void Stop() {
    process_->Signal(SIGTERM);
    Require(process_->Wait(absl::Minutes(2)).code == 0, "the server did not end well");
  }

 private:
  const absl::Time start_;
  std::unique_ptr<testing::Process> process_;
  absl::Duration started_in_;
  std::string address_;
  std::unique_ptr<feedback::v1::SignalService::Stub> signals_;
};

/// Sends `signals` new ones in batches, one after another; sends again what is shed.
void Send(const std::string& address, int64_t signals, RequestTemplate request) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::CompletionQueue queue;
  while (signals > 0) {
    const grpc::ByteBuffer batch = request.Next();
    for (grpc::Status status(grpc::RESOURCE_EXHAUSTED, ""); !status.ok();) {
      grpc::ClientContext context;
      context.AddMetadata("waymark-tenant", "demo");
      grpc::ByteBuffer response;
      const auto call = stub.PrepareUnaryCall(
          &context, "/waymark.feedback.v1.FeedbackService/Ingest", batch, &queue);
      call->StartCall();
      call->Finish(&response, &status, nullptr);
      void* tag = nullptr;
      bool ok = false;
      queue.Next(&tag, &ok);
      if (status.ok()) break;
      Require(status.error_code() == grpc::RESOURCE_EXHAUSTED, status.error_message());
      absl::SleepFor(absl::Milliseconds(100));
    }
    signals -= request.batch();
  }
}

void Run(int64_t signals, int64_t step, int64_t streams) {
  const testing::TempFolder folder;
  auto server = std::make_unique<Server>(folder.path());
  Send(server->address(), 10 * kBatch, RequestTemplate("demo", kBatch));  // to warm up
  const double empty = server->Megabytes();
  const absl::Time start = absl::Now();
  double first = 0;
  std::printf("%12s %12s %10s %14s %12s\n", "stored", "signals/s", "of first", "index waits", "MB");
  for (int64_t stored = 0; stored < signals; stored += step) {
    const absl::Time begin = absl::Now();
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < streams; ++i) {
      threads.emplace_back(
          [&] { Send(server->address(), step / streams, RequestTemplate("demo", kBatch)); });
    }
    for (std::thread& thread : threads) thread.join();
    const double rate = static_cast<double>(step) / absl::ToDoubleSeconds(absl::Now() - begin);
    if (stored == 0) first = rate;
    std::printf("%12ld %12.0f %10.2f %14ld %12.0f\n", stored + step, rate, rate / first,
                server->WaitingForIndex(), server->Megabytes());
    std::fflush(stdout);
  }
  const absl::Time loaded = absl::Now();
  while (server->WaitingForIndex() > 0) absl::SleepFor(absl::Milliseconds(100));
  const absl::Time indexed = absl::Now();
  std::printf("taken in at %.0f/s; indexed %.1f s later: %.0f/s in all\n",
              static_cast<double>(signals) / absl::ToDoubleSeconds(loaded - start),
              absl::ToDoubleSeconds(indexed - loaded),
              static_cast<double>(signals) / absl::ToDoubleSeconds(indexed - start));
  std::printf("memory: %.0f MB above empty\n", server->Megabytes() - empty);
  server->Stop();
  server = std::make_unique<Server>(folder.path());
  std::printf("restart: serving after %.2f s\n", absl::ToDoubleSeconds(server->started_in()));
  server->Stop();
}

}  // namespace
}  // namespace waymark::bench

int main(int argc, char** argv) {
  int64_t signals = 5'000'000;
  int64_t step = 500'000;
  int64_t streams = 2;
  waymark::OptionSet options("scale_bench", "What becomes of a feedback server as it fills.");
  options.Add("signals", &signals, "how many signals to send");
  options.Add("step", &step, "signals a step");
  options.Add("streams", &streams, "clients that send at once");
  const auto parsed = options.Parse(argc, argv);
  waymark::bench::Require(parsed.ok(), parsed.status().ToString());
  if (*parsed) waymark::bench::Run(signals, step, streams);
  return 0;
}
