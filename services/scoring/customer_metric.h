#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/stats/estimate.h"
#include "libs/stats/metrics.h"
#include "services/scoring/evidence.h"
#include "services/scoring/question_versions.h"
#include "services/scoring/selection.h"

namespace waymark::scoring {

struct MetricQuery {
  enum class Kind { kNps, kCsat, kCes };
  Kind kind = Kind::kNps;
  /// Empty: the one question of the metric's kind.
  std::string question;
  /// Ids of the question's versions to count; empty: the newest.
  std::vector<std::string> versions;
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
  /// Answers that are no ratings, those included that carry too little to tell their version.
  int64_t not_rated = 0;
  std::string definition;
  /// The versions that were counted, and the others among the answers of the selection.
  std::vector<QuestionVersion> versions;
  std::vector<QuestionVersion> other_versions;
};

/// A customer metric from the answers to one question, in its newest version unless the query names
/// others. NOT_FOUND (SOURCE_NOT_FOUND, QUESTION_NOT_FOUND: there is no such question, or no such
/// version), FAILED_PRECONDITION (METRIC_MISMATCH): the answers are on another scale than the
/// metric needs, or on several.
absl::StatusOr<MetricAnswer> ComputeMetric(const EvidenceData& data, const MetricQuery& query);

}  // namespace waymark::scoring
