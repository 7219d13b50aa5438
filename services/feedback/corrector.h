#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/feedback/placer.h"
#include "services/feedback/position.h"
#include "services/feedback/store.h"
#include "services/feedback/writer.h"

namespace waymark::feedback {

/// Which part of which signal belongs where.
struct CorrectionRequest {
  std::string tenant;
  std::string source;
  std::string external_id;
  /// As v1::Placement::question.
  std::string question;
  /// Empty: what was corrected of the part no longer is.
  std::string touchpoint;
};

/// Records what people correct: for the signal's key, and as an entry of the journal, in one
/// transaction. Thread-safe.
class Corrector {
 public:
  /// Both must outlive it.
  Corrector(Store* journal, Writer* writer) : journal_(journal), writer_(writer) {}

  /// Where the signal's last correction stands in the feed, this one or, when it changes nothing,
  /// one before, if there is one; on disk when it returns. NOT_FOUND (SIGNAL_NOT_FOUND): there is
  /// no such signal, or it was deleted. INVALID_ARGUMENT (INVALID_FIELD): it has no such answer; a
  /// correction of one that an earlier revision had may be cleared. Else the statuses of
  /// Writer::Append.
  absl::StatusOr<std::optional<Position>> Apply(const CorrectionRequest& request);

 private:
  absl::StatusOr<std::optional<Position>> ApplyIn(const JournalTransaction& transaction,
                                                  const CorrectionRequest& request,
                                                  BlockBuilder* block, absl::Status* refused);

  Store* const journal_;
  Writer* const writer_;
};

}  // namespace waymark::feedback
