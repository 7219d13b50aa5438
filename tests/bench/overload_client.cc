#include "tests/bench/overload_client.h"

#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <queue>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/rpc/status.h"
#include "tests/bench/requests.h"

namespace waymark::bench {
namespace {

constexpr char kMethod[] = "/waymark.feedback.v1.FeedbackService/Ingest";
constexpr absl::Duration kFirstStep = absl::Milliseconds(100);
constexpr absl::Duration kLongestStep = absl::Seconds(5);
constexpr absl::Duration kTimeout = absl::Seconds(10);
// Beyond that a sender at a rate would do nothing but make its own process slow.
constexpr int kMaxOutstanding = 2000;

/// One who calls: of those at a rate there is one a tenant.
struct Caller {
  RequestTemplate request;
  std::string tenant;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs;
  size_t calls = 0;
  absl::Duration step = kFirstStep;
  absl::Time not_before = absl::InfinitePast();
  int outstanding = 0;
};

struct Call {
  Caller* caller;
  absl::Time due;
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
};

double Percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<int64_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), std::min(at, values.end() - 1), values.end());
  return *std::min(at, values.end() - 1);
}

class Run {
 public:
  explicit Run(const CallerOptions& options)
      : options_(options), begin_(absl::Now() + options.warm_up), end_(begin_ + options.measured) {
    const int64_t callers =
        options.callers > 0 ? options.callers : static_cast<int64_t>(options.tenants.size());
    for (int64_t i = 0; i < callers; ++i) {
      const std::string& tenant = options.tenants[i % options.tenants.size()];
      callers_.push_back(std::make_unique<Caller>(
          Caller{RequestTemplate(tenant, static_cast<int>(options.batch)), tenant}));
      for (int64_t j = 0; j < (options.callers > 0 ? 1 : options.connections); ++j) {
        grpc::ChannelArguments arguments;
        // Channels with equal arguments share a connection: those of other tenants must not.
        arguments.SetString("connection", absl::StrCat(tenant, (i + j) % options.connections));
        callers_.back()->stubs.push_back(
            std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
                options.address, grpc::InsecureChannelCredentials(), arguments)));
      }
      // Not all at once.
      due_.emplace(
          absl::Now() + Interval() * (static_cast<double>(i) / static_cast<double>(callers)),
          callers_.back().get());
    }
  }

  CallerFigures Figures() {
    Loop();
    const double seconds = absl::ToDoubleSeconds(options_.measured);
    CallerFigures figures;
    figures.answered = static_cast<double>(answered_.size()) / seconds;
    figures.shed = static_cast<double>(shed_.size()) / seconds;
    figures.failed = static_cast<double>(failed_) / seconds;
    figures.answered_p50 = Percentile(answered_, 0.5);
    figures.answered_p99 = Percentile(answered_, 0.99);
    figures.shed_p50 = Percentile(shed_, 0.5);
    figures.shed_p99 = Percentile(shed_, 0.99);
    return figures;
  }

 private:
  // Between two calls of one tenant; of those who call one after another, over which they begin.
  absl::Duration Interval() const {
    return options_.callers > 0 ? absl::Milliseconds(100) : absl::Seconds(1) / options_.rate;
  }

  void Loop() {
    while (absl::Now() < end_) {
      while (!due_.empty() && due_.top().first <= absl::Now()) {
        const auto [due, caller] = due_.top();
        due_.pop();
        // Calls at a rate come at random times, as those of many customers do.
        if (options_.callers == 0) {
          due_.emplace(due + Interval() * std::exponential_distribution<>()(random_), caller);
        }
        if (due < caller->not_before || caller->outstanding >= kMaxOutstanding) continue;
        Begin(caller, due);
      }
      Next(due_.empty() ? end_ : std::min(end_, due_.top().first));
    }
    while (outstanding_ > 0) Next(absl::InfiniteFuture());
  }

  void Begin(Caller* caller, absl::Time due) {
    auto* call = new Call{caller, due};
    call->context.AddMetadata("waymark-tenant", caller->tenant);
    call->context.set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
    call->reader = caller->stubs[caller->calls++ % caller->stubs.size()]->PrepareUnaryCall(
        &call->context, kMethod, caller->request.Next(), &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
    ++outstanding_;
    ++caller->outstanding;
  }

  void Next(absl::Time until) {
    void* tag = nullptr;
    bool ok = false;
    const gpr_timespec deadline =
        until == absl::InfiniteFuture()
            ? gpr_inf_future(GPR_CLOCK_REALTIME)
            : gpr_time_from_nanos(absl::ToUnixNanos(until), GPR_CLOCK_REALTIME);
    if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return;
    End(std::unique_ptr<Call>(static_cast<Call*>(tag)));
  }

  void End(std::unique_ptr<Call> call) {
    const absl::Time now = absl::Now();
    Caller* caller = call->caller;
    --outstanding_;
    --caller->outstanding;
    const bool counts = call->due >= begin_ && call->due < end_;
    const double ms = absl::ToDoubleMilliseconds(now - call->due);
    const absl::Status status = rpc::FromGrpcStatus(call->status);
    const std::optional<ErrorDetails> details = GetErrorDetails(status);
    absl::Time next = now;
    if (status.ok()) {
      if (counts) answered_.push_back(ms);
      caller->step = kFirstStep;
    } else if (details && details->reason == "OVERLOADED" && details->retry_after) {
      if (counts) shed_.push_back(ms);
      if (options_.honour) next += Delay(*details->retry_after, caller);
    } else {
      if (counts && failed_++ == 0) absl::FPrintF(stderr, "failed: %s\n", status.ToString());
      next += kFirstStep;
    }
    if (options_.callers > 0) {
      due_.emplace(next, caller);
    } else {
      caller->not_before = std::max(caller->not_before, next == now ? caller->not_before : next);
    }
  }

  absl::Duration Delay(absl::Duration retry_after, Caller* caller) {
    if (options_.callers == 0) return retry_after;
    const absl::Duration step = caller->step * std::uniform_real_distribution<>(0.5, 1)(random_);
    caller->step = std::min(2 * caller->step, kLongestStep);
    return std::max(step, retry_after);
  }

  using Due = std::pair<absl::Time, Caller*>;

  const CallerOptions& options_;
  const absl::Time begin_;
  const absl::Time end_;
  grpc::CompletionQueue queue_;
  std::mt19937_64 random_{1};
  std::vector<std::unique_ptr<Caller>> callers_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  int64_t outstanding_ = 0;
  std::vector<double> answered_;
  std::vector<double> shed_;
  int64_t failed_ = 0;
};

}  // namespace

CallerFigures RunCallers(const CallerOptions& options) { return Run(options).Figures(); }

std::string ToLine(const CallerFigures& f) {
  return absl::StrFormat("%g %g %g %g %g %g %g", f.answered, f.shed, f.failed, f.answered_p50,
                         f.answered_p99, f.shed_p50, f.shed_p99);
}

CallerFigures FromLine(const std::string& line) {
  CallerFigures f;
  const int read =
      std::sscanf(line.c_str(), "%lg %lg %lg %lg %lg %lg %lg", &f.answered, &f.shed, &f.failed,
                  &f.answered_p50, &f.answered_p99, &f.shed_p50, &f.shed_p99);
  Require(read == 7, absl::StrCat("a caller wrote '", line, "'"));
  return f;
}

}  // namespace waymark::bench
