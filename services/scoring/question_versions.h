#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "services/scoring/evidence.h"
#include "services/scoring/selection.h"

namespace waymark::scoring {

/// A version of a question, over all sources that ask it in that wording, type and scale.
struct QuestionVersion {
  /// The same in every process.
  std::string id;
  QuestionKind kind = QuestionKind::kRating;
  stats::Scale scale;
  std::string source_version;
  std::string text;
  /// Ratings that the filter takes.
  int64_t answers = 0;
  /// Event time of its first rating, whatever the filter; the end of time without ratings.
  int64_t first_micros = std::numeric_limits<int64_t>::max();
  /// Which of EvidenceData::questions.
  std::vector<uint32_t> questions;

  /// Whether anybody ever rated it.
  bool begun() const { return first_micros != std::numeric_limits<int64_t>::max(); }
};

/// The versions among the questions that `chosen` marks, all of one id: the newest, which is the
/// last one to begin, first; those without any rating last. Answers without a wording belong to the
/// only wording of their type and scale, if it is just one. Pure.
std::vector<QuestionVersion> VersionsOf(const EvidenceData& data, const std::vector<bool>& chosen,
                                        const RowFilter& filter);

}  // namespace waymark::scoring
