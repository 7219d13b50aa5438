#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "waymark/feedback/v1/signal.pb.h"
#include "waymark/feedback/v1/touchpoint_catalogue.pb.h"

namespace waymark::feedback {

inline constexpr size_t kMaxTextBytes = 64 << 10;
inline constexpr size_t kMaxSignalBytes = 256 << 10;
inline constexpr size_t kMaxBatchBytes = 4 << 20;
inline constexpr int kMaxBatchSignals = 10'000;
/// Whoever is behind goes on from the revision that is known: there must be room above it.
inline constexpr int64_t kMaxCatalogueRevision = int64_t{1} << 53;
inline constexpr int kMaxRules = 10'000;

/// Adds to *reasons whatever is wrong with `signal`: the field, its value and what is allowed; of
/// more than 1,000 reasons the rest is counted. Free text of customers is never quoted. `bytes` is
/// its serialized size. Allocates nothing when the signal is valid. Pure.
void ValidateSignal(const v1::Signal& signal, size_t bytes, std::vector<std::string>* reasons);

/// The same for a touchpoint catalogue.
void ValidateCatalogue(const v1::TouchpointCatalogue& catalogue, std::vector<std::string>* reasons);

/// The scale of a rating: its own, or the default of the question's `type` (NPS 0-10, CSAT 1-5, CES
/// 1-7); false when it has neither.
bool ScaleOf(const v1::Answer& answer, v1::QuestionType type, v1::Scale* scale);

}  // namespace waymark::feedback
