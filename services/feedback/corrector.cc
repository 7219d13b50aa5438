#include "services/feedback/corrector.h"

#include <utility>

#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "services/feedback/correction.h"
#include "services/feedback/correction_store.h"
#include "services/feedback/entry_store.h"
#include "services/feedback/errors.h"
#include "services/feedback/preparation.h"
#include "services/feedback/revision_store.h"

namespace waymark::feedback {

absl::StatusOr<std::optional<Position>> Corrector::Apply(const CorrectionRequest& request) {
  absl::Status refused;
  std::optional<Position> position;
  WM_RETURN_IF_ERROR(writer_->Append(
      request.tenant,
      [&](const JournalTransaction& transaction, BlockBuilder* block) -> absl::Status {
        refused = absl::OkStatus();
        WM_ASSIGN_OR_RETURN(position, ApplyIn(transaction, request, block, &refused));
        return absl::OkStatus();
      }));
  WM_RETURN_IF_ERROR(refused);
  return position;
}

// A revision of the signal either is the entry that is found or comes behind this one in the feed,
// where it is placed by the correction.
absl::StatusOr<std::optional<Position>> Corrector::ApplyIn(const JournalTransaction& transaction,
                                                           const CorrectionRequest& request,
                                                           BlockBuilder* block,
                                                           absl::Status* refused) {
  sql::Connection& connection = *transaction.connection;
  const Hash128 key =
      SignalKey(journal_->hash_key(), request.tenant, request.source, request.external_id);
  WM_ASSIGN_OR_RETURN(const int64_t revision,
                      RevisionStore::Next(connection, request.tenant, Subject::kCorrections));
  WM_ASSIGN_OR_RETURN(const std::optional<Position> entry, transaction.keys->Find(connection, key));
  std::optional<v1::StoredSignal> stored;
  if (entry.has_value()) {
    WM_ASSIGN_OR_RETURN(stored, EntryStore(&connection, {}).ReadUnplaced(*entry));
  }
  if (!stored.has_value()) {
    *refused = SignalNotFound(request.source);
    return std::nullopt;
  }
  const v1::Signal& signal = stored->signal();
  if (!request.touchpoint.empty() && !request.question.empty() &&
      !HasAnswer(signal, request.question)) {
    *refused = NoSuchAnswer(request.question);
    return std::nullopt;
  }
  WM_ASSIGN_OR_RETURN(std::optional<CorrectionStore::Row> row,
                      CorrectionStore::Read(connection, request.tenant, key));
  CorrectionStore::Row next = row.value_or(CorrectionStore::Row());
  if (!Correct(request.question, request.touchpoint, &next.correction)) {
    return row.has_value() ? std::make_optional(row->position) : std::nullopt;
  }
  next.correction.set_correction_revision(revision);
  next.position = transaction.next;
  block->Append({.key = key,
                 .shard_hash = ShardHash(journal_->hash_key(), key, signal.customer()),
                 .kind = EntryKind::kCorrected},
                EncodeReference(*entry));
  WM_RETURN_IF_ERROR(CorrectionStore::Write(connection, request.tenant, key, next));
  return next.position;
}

}  // namespace waymark::feedback
