#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace waymark::bench {

/// Who calls Ingest, how often, and what they make of a refusal.
struct CallerOptions {
  std::string address;
  std::vector<std::string> tenants;
  /// Signals a call.
  int64_t batch = 100;
  /// That many callers, over all tenants, each with one call at a time; 0: see `rate`.
  int64_t callers = 0;
  /// Of each tenant, over which its calls are spread.
  int64_t connections = 1;
  /// Calls a second of each tenant, sent when they are due, whatever became of those before.
  double rate = 0;
  /// Whether a refused caller waits as long as it is told to, as our CLI does: the longer of
  /// RetryInfo and a step that doubles up to 5 s. A tenant with a `rate` waits as RetryInfo says,
  /// and leaves out what falls due meanwhile.
  bool honour = true;
  /// Before it counts.
  absl::Duration warm_up = absl::Seconds(2);
  absl::Duration measured = absl::Seconds(2);
};

/// What became of the calls, by when they began.
struct CallerFigures {
  /// A second.
  double answered = 0;
  double shed = 0;
  /// Calls that were neither answered nor shed with RetryInfo.
  double failed = 0;
  /// Milliseconds from when a call was due to its answer.
  double answered_p50 = 0;
  double answered_p99 = 0;
  double shed_p50 = 0;
  double shed_p99 = 0;
};

/// Calls from this thread until the time is over.
CallerFigures RunCallers(const CallerOptions& options);

/// A line with the figures, and the figures of such a line.
std::string ToLine(const CallerFigures& figures);
CallerFigures FromLine(const std::string& line);

}  // namespace waymark::bench
