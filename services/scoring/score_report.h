#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/stats/estimate.h"
#include "services/scoring/evidence.h"
#include "services/scoring/selection.h"

namespace waymark::scoring {

/// Version of what a score means; scores of different versions are never compared.
inline constexpr int32_t kScoreDefinition = 1;
/// A step needs this many customers to be called a pain point.
inline constexpr int64_t kMinimumForPainPoint = 30;
/// Share of false finds among the pain points of a map.
inline constexpr double kFalseDiscoveryRate = 0.05;

/// A journey map as far as scores need it.
struct MapModel {
  struct Step {
    std::string id;
    std::string display_name;
    std::string stage;
    std::string touchpoint;
  };
  struct Stage {
    std::string id;
    std::string display_name;
  };
  std::vector<Stage> stages;
  std::vector<Step> steps;
  /// 0: steps are compared with their mean.
  double target_score = 0;
  std::vector<std::string> sources;
  /// Whose journey it is: customers with a signal on which all conditions hold; empty: everyone.
  std::vector<std::pair<std::string, std::vector<std::string>>> membership;
};

/// Scores 1..100. An answer's score is stats::AnswerScore; a touchpoint's is the mean over its
/// customers' means, with a t interval over customers.
struct Report {
  struct Stage {
    std::string id;
    std::string display_name;
    stats::Estimate score;
  };
  struct Step {
    MapModel::Step model;
    stats::Estimate score;
    stats::Moments moments;
    double difference = 0;
    double standard_error = 0;
    double p_value = 1;
    double adjusted_p_value = 1;
    bool pain_point = false;
    std::string reason;
    std::vector<std::string> quotes;
    /// Customers with an interaction or a rating at the step's touchpoint.
    int64_t reach = 0;
  };
  stats::Estimate score;
  stats::Estimate baseline;
  bool baseline_is_target = false;
  std::vector<Stage> stages;
  std::vector<Step> steps;
};

/// Scores `map` on the answers of `from_micros` <= event time < `to_micros`. A step is a pain point
/// when its score is below the baseline at a false discovery rate of 5 % (two-sided tests, adjusted
/// after Benjamini and Hochberg) with at least 30 customers. Without a declared target the baseline
/// is the mean of the scored steps, and the test takes into account that the step is part of it.
Report ScoreMap(const EvidenceData& data, const MapModel& map, int64_t from_micros,
                int64_t to_micros);

}  // namespace waymark::scoring
