// What the accept path does when it is asked for more than it can do. Two shows, each with calls of
// 100 signals and of 1:
// - Overload: as many callers as it takes to keep the server busy, then ten times as many: what is
//   still answered (goodput), what is shed, how quickly, what memory that takes, and how much of
//   the machine the server and the callers use, which share it.
// - Fairness: eight tenants, each sending a sixteenth of what the server can do; then one of them
//   twenty times that, first waiting when it is told to, then not: what the seven others notice.
//   overload_bench [--rounds 5] [--measured 2s] [--callers 64] [--batch 0] [--pin]
// The server is this process, over loopback TCP; callers are processes of their own, on the other
// core with --pin. Writes nothing outside a temporary folder, which it removes.
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/options.h"
#include "libs/rpc/server_host.h"
#include "services/feedback/module.h"
#include "tests/bench/overload_client.h"
#include "tests/bench/requests.h"

namespace waymark::bench {
namespace {

constexpr int kConnections = 8;
constexpr int kTenants = 8;
constexpr double kTimesItsShare = 20;
constexpr int kTimesTheCallers = 10;

struct BenchOptions {
  int64_t rounds = 5;
  int64_t callers = 64;
  int64_t max_concurrent = 64;
  int64_t batch = 0;
  absl::Duration measured = absl::Seconds(2);
  int64_t noisy_connections = 1;
  bool pin = false;
};

std::string TenantName(int i) { return absl::StrCat("tenant-", i); }

void PinTo(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  Require(sched_setaffinity(0, sizeof(set), &set) == 0, "cannot pin to a core");
}

double MemoryMiB() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    double kib = 0;
    if (std::sscanf(line.c_str(), "VmRSS: %lf", &kib) == 1) return kib / 1024;
  }
  return 0;
}

/// Seconds of CPU since they began: this process and those that have ended.
struct CpuTime {
  double server = 0;
  double callers = 0;
};

CpuTime UsedCpu() {
  const auto seconds = [](int who) {
    rusage usage;
    Require(getrusage(who, &usage) == 0, "cannot read the CPU time");
    return absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) +
                                 absl::DurationFromTimeval(usage.ru_stime));
  };
  return {seconds(RUSAGE_SELF), seconds(RUSAGE_CHILDREN)};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// A feedback service on an empty journal, as `waymark-feedback` sets it up.
class Server {
 public:
  Server(const std::string& folder, int64_t max_concurrent) {
    const std::string file = absl::StrCat(folder, ".tenants");
    std::ofstream tenants(file);
    for (int i = 0; i < kTenants; ++i) tenants << TenantName(i) << "\n";
    tenants.close();
    tenants_ = *rpc::TenantRegistry::Load(file);
    feedback::Options options;
    options.database = absl::StrCat("sqlite:", folder, "/feedback.db");
    options.max_index_lag = 0;  // what the indexer can do is measured elsewhere
    rpc::Environment environment{
        .clock = Clock::Real(), .tenants = tenants_.get(), .metrics = &metrics_};
    environment.admission.max_concurrent = max_concurrent;
    environment.admission.max_queued = 2 * max_concurrent;
    auto module = feedback::FeedbackModule::Create(options, {.environment = environment});
    Require(module.ok(), module.status().ToString());
    module_ = *std::move(module);
    Require(module_->Start().ok(), "cannot start");
    auto host = rpc::ServerHost::Start({}, module_->services());
    Require(host.ok(), host.status().ToString());
    host_ = *std::move(host);
  }
  ~Server() {
    host_ = nullptr;
    module_->Stop();
  }

  const std::string& address() const { return host_->address(); }

 private:
  metrics::Registry metrics_;
  std::unique_ptr<rpc::TenantRegistry> tenants_;
  std::unique_ptr<feedback::FeedbackModule> module_;
  std::unique_ptr<rpc::ServerHost> host_;
};

/// A process of callers.
class CallerProcess {
 public:
  CallerProcess(const CallerOptions& options, bool pin, int nice) {
    const std::string command =
        absl::StrCat("exec nice -n ", nice, " /proc/", getpid(), "/exe --caller ", options.address,
                     " --caller-tenants ", absl::StrJoin(options.tenants, ","), " --batch ",
                     options.batch, " --callers ", options.callers, " --caller-connections ",
                     options.connections, " --caller-rate ", absl::StrCat(options.rate),
                     " --caller-honour=", options.honour ? "true" : "false", " --measured ",
                     absl::FormatDuration(options.measured), pin ? " --pin" : "");
    pipe_ = popen(command.c_str(), "r");
    Require(pipe_ != nullptr, "cannot start a caller");
  }

  CallerFigures Wait() {
    char line[1000] = "";
    Require(fgets(line, sizeof(line), pipe_) != nullptr, "a caller ended early");
    Require(pclose(pipe_) == 0, "a caller failed");
    return FromLine(line);
  }

 private:
  FILE* pipe_;
};

/// The most memory this process has while it lives, in MiB.
class MemoryWatch {
 public:
  MemoryWatch()
      : thread_([this] {
          while (!ended_) {
            most_ = std::max(most_.load(), MemoryMiB());
            absl::SleepFor(absl::Milliseconds(20));
          }
        }) {}
  ~MemoryWatch() {
    ended_ = true;
    thread_.join();
  }
  double most() const { return most_; }

 private:
  std::atomic<bool> ended_ = false;
  std::atomic<double> most_ = 0;
  std::thread thread_;
};

/// What callers found, and how many cores they and the server used, warming up included.
struct Saturated : CallerFigures {
  double server_cores = 0;
  double caller_cores = 0;
};

class Bench {
 public:
  Bench(const BenchOptions& options, int64_t batch, const std::string& folder)
      : options_(options), batch_(batch), server_(folder, options.max_concurrent) {}

  void Run() {
    std::printf("\n== calls of %d signals ==\n", static_cast<int>(batch_));
    Saturate(options_.callers, true);  // to warm up
    const double capacity = Overload();
    Fairness(capacity / 2 / kTenants);
  }

 private:
  CallerOptions Callers() const {
    CallerOptions callers;
    callers.address = server_.address();
    callers.batch = batch_;
    callers.measured = options_.measured;
    return callers;
  }

  Saturated Saturate(int64_t count, bool honour) {
    CallerOptions callers = Callers();
    callers.tenants = {TenantName(0)};
    callers.callers = count;
    callers.connections = kConnections;
    callers.honour = honour;
    const CpuTime before = UsedCpu();
    const absl::Time start = absl::Now();
    Saturated saturated = {CallerProcess(callers, options_.pin, 0).Wait()};
    const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
    const CpuTime after = UsedCpu();
    saturated.server_cores = (after.server - before.server) / seconds;
    saturated.caller_cores = (after.callers - before.callers) / seconds;
    return saturated;
  }

  static void PrintShed(const char* name, const std::vector<Saturated>& all,
                        const std::vector<double>& goodput) {
    const auto median = [&](double Saturated::*figure) {
      std::vector<double> values;
      for (const Saturated& one : all) values.push_back(one.*figure);
      return Median(values);
    };
    std::printf("%-34s %9.0f %8.3f %9.0f %7.0f %8.1f %8.1f %8.2f %8.2f %7.2f %7.2f\n", name,
                median(&CallerFigures::answered), Median(goodput), median(&CallerFigures::shed),
                median(&CallerFigures::failed), median(&CallerFigures::answered_p50),
                median(&CallerFigures::answered_p99), median(&CallerFigures::shed_p50),
                median(&CallerFigures::shed_p99), median(&Saturated::server_cores),
                median(&Saturated::caller_cores));
    std::fflush(stdout);
  }

  // Returns how many calls a second the server can answer.
  double Overload() {
    std::vector<Saturated> base, honouring, ignoring;
    std::vector<double> ones, honouring_goodput, ignoring_goodput, capacities, before, growth;
    for (int64_t round = 0; round < options_.rounds; ++round) {
      base.push_back(Saturate(options_.callers, true));
      const double capacity = base.back().answered;
      capacities.push_back(capacity);
      ones.push_back(1);
      before.push_back(MemoryMiB());
      const MemoryWatch memory;
      honouring.push_back(Saturate(kTimesTheCallers * options_.callers, true));
      honouring_goodput.push_back(honouring.back().answered / capacity);
      ignoring.push_back(Saturate(kTimesTheCallers * options_.callers, false));
      ignoring_goodput.push_back(ignoring.back().answered / capacity);
      growth.push_back(memory.most() - before.back());
    }
    std::printf("%-34s %9s %8s %9s %7s %8s %8s %8s %8s %7s %7s\n", "", "answered/s", "goodput",
                "shed/s", "fail/s", "p50 ms", "p99 ms", "shed p50", "p99", "cores", "callers");
    PrintShed(absl::StrCat(options_.callers, " callers").c_str(), base, ones);
    PrintShed("10 times as many, told when", honouring, honouring_goodput);
    PrintShed("10 times as many, deaf to it", ignoring, ignoring_goodput);
    std::printf("memory: %.0f MiB, %.0f more at most under overload\n", Median(before),
                Median(growth));
    return Median(capacities);
  }

  struct Noticed {
    CallerFigures others;
    CallerFigures noisy;
  };

  Noticed Share(double rate, double noisy_rate, bool honour) {
    CallerOptions callers = Callers();
    for (int i = 1; i < kTenants; ++i) callers.tenants.push_back(TenantName(i));
    callers.rate = rate;
    CallerOptions noisy = Callers();
    noisy.tenants = {TenantName(0)};
    noisy.rate = noisy_rate;
    noisy.connections = options_.noisy_connections;
    noisy.honour = honour;
    // Real ones would not share a core: what the noisy one's process costs must not slow the rest.
    CallerProcess noisy_process(noisy, options_.pin, 19);
    CallerProcess process(callers, options_.pin, 0);
    const CallerFigures others = process.Wait();
    return {others, noisy_process.Wait()};
  }

  static void PrintShare(const char* name, const std::vector<Noticed>& all,
                         const std::vector<double>& ratio) {
    const auto median = [&](CallerFigures Noticed::*who, double CallerFigures::*figure) {
      std::vector<double> values;
      for (const Noticed& one : all) values.push_back(one.*who.*figure);
      return Median(values);
    };
    std::printf("%-34s %9.0f %8.1f %8.1f %8.2f %9.0f %7.0f | %9.0f %9.0f %8.2f\n", name,
                median(&Noticed::others, &CallerFigures::answered),
                median(&Noticed::others, &CallerFigures::answered_p50),
                median(&Noticed::others, &CallerFigures::answered_p99), Median(ratio),
                median(&Noticed::others, &CallerFigures::shed),
                median(&Noticed::others, &CallerFigures::failed),
                median(&Noticed::noisy, &CallerFigures::answered),
                median(&Noticed::noisy, &CallerFigures::shed),
                median(&Noticed::noisy, &CallerFigures::shed_p50));
    std::fflush(stdout);
  }

  void Fairness(double share) {
    std::vector<Noticed> base, honouring, ignoring;
    std::vector<double> ones, honouring_ratio, ignoring_ratio;
    for (int64_t round = 0; round < options_.rounds; ++round) {
      base.push_back(Share(share, share, true));
      ones.push_back(1);
      const double p99 = base.back().others.answered_p99;
      honouring.push_back(Share(share, kTimesItsShare * share, true));
      honouring_ratio.push_back(honouring.back().others.answered_p99 / p99);
      ignoring.push_back(Share(share, kTimesItsShare * share, false));
      ignoring_ratio.push_back(ignoring.back().others.answered_p99 / p99);
    }
    std::printf("%-34s %9s %8s %8s %8s %9s %7s | %9s %9s %8s\n", "seven tenants beside an eighth",
                "answered/s", "p50 ms", "p99 ms", "of p99", "shed/s", "fail/s", "its ans/s",
                "shed/s", "shed p50");
    PrintShare("which sends its share", base, ones);
    PrintShare("20 times that, told when", honouring, honouring_ratio);
    PrintShare("20 times that, deaf to it", ignoring, ignoring_ratio);
  }

  const BenchOptions& options_;
  const int64_t batch_;
  Server server_;
};

int RunServer(const BenchOptions& options) {
  if (options.pin) PinTo(0);
  std::string folder = (std::filesystem::temp_directory_path() / "waymark-bench-XXXXXX").string();
  Require(mkdtemp(folder.data()) != nullptr, "cannot make a temporary folder");
  for (const int64_t batch : {int64_t{100}, int64_t{1}}) {
    if (options.batch != 0 && options.batch != batch) continue;
    const std::string data = absl::StrCat(folder, "/", batch);
    Bench(options, batch, data).Run();
    std::filesystem::remove_all(data);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

int Main(int argc, char** argv) {
  BenchOptions options;
  CallerOptions caller;
  std::string tenants, rate = "0";
  OptionSet set("overload_bench", "What the accept path does under overload.");
  set.Add("rounds", &options.rounds, "measured rounds, interleaved");
  set.Add("measured", &options.measured, "how long each is measured");
  set.Add("callers", &options.callers, "callers that keep the server busy");
  set.Add("batch", &options.batch, "only calls of that many signals; 0: of 100 and of 1");
  set.Add("noisy-connections", &options.noisy_connections, "of the tenant that sends too much");
  set.Add("max-concurrent", &options.max_concurrent, "calls that the server runs at once");
  set.Add("pin", &options.pin, "the server on one core, callers on another");
  set.Add("caller", &caller.address, "used by the bench itself: call that address");
  set.Add("caller-tenants", &tenants, "used by the bench itself");
  set.Add("caller-connections", &caller.connections, "used by the bench itself");
  set.Add("caller-rate", &rate, "used by the bench itself");
  set.Add("caller-honour", &caller.honour, "used by the bench itself");
  const auto parsed = set.Parse(argc, argv);
  Require(parsed.ok(), parsed.status().ToString());
  if (!*parsed) return 0;
  SetLogLevel(LogLevel::kWarning);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as servers do
  if (caller.address.empty()) return RunServer(options);
  if (options.pin) PinTo(1);
  caller.tenants = absl::StrSplit(tenants, ',');
  Require(absl::SimpleAtod(rate, &caller.rate), "a rate is a number");
  caller.batch = options.batch;
  caller.callers = options.callers;
  caller.measured = options.measured;
  std::puts(ToLine(RunCallers(caller)).c_str());
  return 0;
}

}  // namespace
}  // namespace waymark::bench

int main(int argc, char** argv) { return waymark::bench::Main(argc, argv); }
