#pragma once

#include "absl/strings/string_view.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

// What people corrected of a signal is an Enrichment: its revision and the places they said. Pure.

/// Whether `signal` has an answer, or a row of a matrix ("QUESTION/ROW"), that `question` names.
bool HasAnswer(const v1::Signal& signal, absl::string_view question);

/// Puts the places of `correction`, as far as `signal` has those answers, in place of what
/// *enrichment says of them; corrected ones come last, in their order.
void ApplyCorrection(const v1::Enrichment& correction, const v1::Signal& signal,
                     v1::Enrichment* enrichment);

/// Says in *correction that the part `question` of the signal belongs to `touchpoint`; "": that it
/// is no longer corrected. Keeps places in the order of their questions. False: it says so already.
bool Correct(absl::string_view question, absl::string_view touchpoint, v1::Enrichment* correction);

}  // namespace waymark::feedback
