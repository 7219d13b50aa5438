#include "libs/metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace waymark::metrics {
namespace {

prometheus::Labels ToMap(const Labels& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

void Counter::Increment(double by) { counter_->Increment(by); }
double Counter::Value() const { return counter_->Value(); }
void Gauge::Set(double value) { gauge_->Set(value); }
void Gauge::Add(double by) { gauge_->Increment(by); }
double Gauge::Value() const { return gauge_->Value(); }
void Histogram::Observe(double value) { histogram_->Observe(value); }

std::vector<double> LatencyBuckets() {
  return {.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30};
}

struct Registry::Impl {
  prometheus::Registry registry;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

metrics::Counter Registry::Counter(const std::string& name, const std::string& help,
                                   const Labels& labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  return metrics::Counter(&family.Add(ToMap(labels)));
}

metrics::Gauge Registry::Gauge(const std::string& name, const std::string& help,
                               const Labels& labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  return metrics::Gauge(&family.Add(ToMap(labels)));
}

metrics::Histogram Registry::Histogram(const std::string& name, const std::string& help,
                                       const Labels& labels, const std::vector<double>& buckets) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
  return metrics::Histogram(&family.Add(ToMap(labels), buckets));
}

std::string Registry::Render() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace waymark::metrics
