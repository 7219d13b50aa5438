#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/stats/estimate.h"
#include "libs/stats/metrics.h"
#include "services/scoring/evidence.h"
#include "services/scoring/selection.h"

namespace waymark::scoring {

struct MetricQuery {
  enum class Kind { kNps, kCsat, kCes };
  Kind kind = Kind::kNps;
  /// Empty: the one question of the metric's kind.
  std::string question;
  Selection selection;
  int top_boxes = 2;
  stats::CesConvention ces = stats::CesConvention::kMean;
  bool weighted = false;
  double confidence = stats::kDefaultConfidence;
};

struct MetricAnswer {
  stats::Estimate estimate;
  stats::Scale scale;
  /// (value, count), by value.
  std::vector<std::pair<double, int64_t>> distribution;
  int64_t not_rated = 0;
  std::string definition;
};

/// A customer metric from the answers to one question. NOT_FOUND (SOURCE_NOT_FOUND,
/// QUESTION_NOT_FOUND), FAILED_PRECONDITION (METRIC_MISMATCH): the question was asked on another
/// scale than the metric needs, or on several.
absl::StatusOr<MetricAnswer> ComputeMetric(const EvidenceData& data, const MetricQuery& query);

}  // namespace waymark::scoring
