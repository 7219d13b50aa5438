#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/stats/estimate.h"
#include "services/scoring/findings.h"
#include "services/scoring/score_report.h"

namespace waymark::scoring {

/// A problem in the common unit in which problems of all kinds are compared: points of experience
/// score lost, summed over the customers it concerns. A lost customer loses all 100.
struct Opportunity {
  enum class Kind { kPainPoint, kLossyHandoff, kSufferingSegment, kHiddenChurn };
  Kind kind = Kind::kPainPoint;
  /// Stable while the problem is.
  std::string id;
  std::string title;
  std::string step;
  int64_t reach = 0;
  /// Points lost per customer, or percentage points of customers lost.
  stats::Estimate impact;
  double standard_error = 0;
  double confidence = 0;
  std::vector<std::string> reasons;
  /// reach x impact x confidence.
  double score = 0;
  int rank = 0;
  /// Share of resampled rankings, 0..100, in which it has this rank.
  double rank_stability = 0;
};

/// Everything wrong with a journey, the most urgent first.
std::vector<Opportunity> RankOpportunities(const Report& report,
                                           const std::vector<LossyHandoff>& handoffs,
                                           const std::vector<SufferingSegment>& segments,
                                           const Contradictions& contradictions);

/// Sentences about findings, shared by priorities and insights.
std::string TitleOf(const LossyHandoff& handoff);
std::string TitleOf(const SufferingSegment& segment);
std::vector<std::string> EvidenceOf(const LossyHandoff& handoff);
std::vector<std::string> EvidenceOf(const SufferingSegment& segment);
std::vector<std::string> EvidenceOfHiddenChurn(const Contradictions& contradictions);

}  // namespace waymark::scoring
