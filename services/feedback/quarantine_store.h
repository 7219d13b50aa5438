#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/sql/database.h"
#include "services/feedback/submission.h"
#include "waymark/feedback/v1/quarantine.pb.h"

namespace waymark::feedback {

/// SQL of quarantine. A signal's id there is made of its key and content, so that sent again it is
/// the same row. Statuses are those of sql::Connection, or DATA_LOSS for what cannot be parsed.
/// Thread-safe.
class QuarantineStore {
 public:
  /// `database` must outlive it.
  explicit QuarantineStore(sql::Database* database) : database_(database) {}

  // In the writer's transaction.

  /// Locks the rows that replays come from; what comes from a row that is not there (any more) is
  /// removed from its batch.
  static absl::Status LockReplayed(sql::Connection& connection,
                                   absl::Span<Submission* const> batches);
  /// Keeps what is rejected and what is in conflict, unless it is there already, and settles
  /// replays, of which every outcome is known: what is recorded, or known with equal content or a
  /// higher revision, leaves; what is mended and not recorded takes its row over.
  static absl::Status Settle(sql::Connection& connection, absl::Span<Submission* const> batches,
                             absl::Time now);

  /// What tells of whom a row's signal is.
  struct Identity {
    std::string id;
    std::string source;
    std::string external_id;
    std::string customer;
  };
  /// Of the rows after `after`, in order of their ids; `after` empty: from the first on.
  static absl::StatusOr<std::vector<Identity>> NextIdentities(sql::Connection& connection,
                                                              absl::string_view tenant,
                                                              absl::string_view after, int limit);
  /// Whether it was there.
  static absl::StatusOr<bool> Delete(sql::Connection& connection, absl::string_view tenant,
                                     absl::string_view id);

  // Transactions of their own. Signals of customers whose erasure is under way are not seen there.

  /// Where a row stands; an empty id is before the newest.
  struct Key {
    int64_t record_time = 0;
    std::string id;
  };
  /// What is in quarantine after `after`, newest first; `source` empty: of all.
  struct Page {
    std::vector<v1::QuarantinedSignal> signals;
    /// There are others after the last.
    bool more = false;
  };
  /// At most `limit`, and no more once they have `max_bytes`.
  absl::StatusOr<Page> List(absl::string_view tenant, absl::string_view source, Key after,
                            int limit, int64_t max_bytes) const;

  struct Row {
    v1::QuarantinedSignal record;
    /// Content hash of what came in as its signal.
    uint64_t content = 0;
  };
  /// One for each of `ids`, in their order; nothing for one that is not there.
  /// RESOURCE_EXHAUSTED (TOO_LARGE): together they have more than `max_bytes`.
  absl::StatusOr<std::vector<std::optional<Row>>> Find(absl::string_view tenant,
                                                       absl::Span<const std::string> ids,
                                                       int64_t max_bytes) const;

  /// Whether it was there.
  absl::StatusOr<bool> Delete(absl::string_view tenant, absl::string_view id) const;

 private:
  static absl::StatusOr<Page> ReadPage(sql::Connection& connection, absl::string_view tenant,
                                       absl::string_view source, Key after, int limit,
                                       int64_t max_bytes);

  sql::Database* const database_;
};

}  // namespace waymark::feedback
