#include "services/feedback/key_store.h"

#include <utility>

namespace waymark::feedback {

KeyState StateOf(const Candidate& candidate) {
  return {.key = candidate.key,
          .revision = candidate.revision,
          .content = candidate.content,
          .partial = candidate.partial,
          .position = candidate.position};
}

bool ResolveKnown(const KeyState& known, Candidate* candidate) {
  if (known.erased()) {
    candidate->outcome = v1::INGEST_OUTCOME_ERASED;
    candidate->position = known.position;
    return false;
  }
  const auto rank = [](const auto& one) { return std::pair(!one.partial, one.revision); };
  if (rank(*candidate) > rank(known)) {
    candidate->outcome = v1::INGEST_OUTCOME_UPDATED;
    candidate->previous = known.position;
    return true;
  }
  candidate->position = known.position;
  if (rank(*candidate) < rank(known)) {
    candidate->outcome = v1::INGEST_OUTCOME_STALE;
  } else {
    candidate->outcome = candidate->content == known.content ? v1::INGEST_OUTCOME_DUPLICATE
                                                             : v1::INGEST_OUTCOME_CONFLICT;
  }
  return false;
}

}  // namespace waymark::feedback
