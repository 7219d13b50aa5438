#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace waymark::metrics {

/// Names and values; keep the set of values small, never a customer's or a resource's id.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Handles are cheap to copy, thread-safe, and valid as long as their Registry. Looking one up
/// takes a lock, so callers on a hot path keep theirs.
class Counter {
 public:
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void Increment(double by = 1);
  double Value() const;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void Set(double value);
  void Add(double by);
  double Value() const;

 private:
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  void Observe(double value);

 private:
  prometheus::Histogram* histogram_;
};

/// Upper bounds in seconds that suit the latency of a call: 0.5 ms to 30 s.
std::vector<double> LatencyBuckets();

/// All metrics of a process. Names are `waymark_<what>_<unit>`; counters end in `_total`.
/// Thread-safe.
class Registry {
 public:
  Registry();
  ~Registry();

  /// The metric of that name and labels, made on first use. Names and labels are fixed in the code:
  /// a malformed one, or one name for two kinds of metric, is a bug and ends the process.
  metrics::Counter Counter(const std::string& name, const std::string& help,
                           const Labels& labels = {});
  metrics::Gauge Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  metrics::Histogram Histogram(const std::string& name, const std::string& help,
                               const Labels& labels = {},
                               const std::vector<double>& buckets = LatencyBuckets());

  /// Every metric in Prometheus' text format 0.0.4.
  std::string Render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::metrics
