#include "services/feedback/key_store.h"

#include <utility>

#include "libs/base/status_macros.h"

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

absl::StatusOr<std::optional<Position>> KeyStore::Find(sql::Connection& connection,
                                                       const Hash128& key) {
  WM_ASSIGN_OR_RETURN(const auto positions, FindAll(connection, {key}));
  const std::optional<Position>& position = positions.front();
  return position == Position() ? std::nullopt : position;
}

absl::StatusOr<std::vector<bool>> KeyStore::AreLive(sql::Connection& connection,
                                                    absl::Span<const EntryReference> entries) {
  std::vector<Hash128> keys;
  for (const EntryReference& entry : entries) keys.push_back(entry.key);
  WM_ASSIGN_OR_RETURN(const auto positions, FindAll(connection, keys));
  std::vector<bool> live;
  for (size_t i = 0; i < entries.size(); ++i) live.push_back(positions[i] == entries[i].position);
  return live;
}

}  // namespace waymark::feedback
