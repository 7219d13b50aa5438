#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/sql/database.h"
#include "waymark/feedback/v1/source.pb.h"

namespace waymark::feedback {

/// What people have said of a source.
struct SourceSettings {
  /// Its name and what UpdateSource can change; the etag is of these.
  v1::Source declared;
  /// When its schema was last accepted.
  std::optional<absl::Time> accept_time;
  /// When it was made STATUS_RETIRED; nothing when it is not.
  std::optional<absl::Time> retire_time;
};

/// A source as it is kept.
struct SourceRecord {
  SourceSettings settings;
  v1::IngestCounts counts;
  /// When its first signal came in, or when people first said something of it.
  absl::Time create_time;
  /// When its latest signal came in; nothing: none so far.
  std::optional<absl::Time> last_seen_time;
};

/// SQL of the registry of sources: what people say, and what the journal counts. Statuses are those
/// of sql::Connection, or DATA_LOSS for what cannot be parsed. Thread-safe.
class SourceStore {
 public:
  /// `database` must outlive it.
  explicit SourceStore(sql::Database* database) : database_(database) {}

  /// The sources of `tenant` with ids above `after`, by id.
  absl::StatusOr<std::vector<SourceRecord>> List(absl::string_view tenant, absl::string_view after,
                                                 int limit) const;
  /// Nothing when there is no such source.
  absl::StatusOr<std::optional<SourceRecord>> Find(absl::string_view tenant,
                                                   absl::string_view source) const;

  /// Replaces what people say of a source, in one transaction: `change` gets what is known of it
  /// (nothing: no such source) and returns the new settings, whose etag is set here; it may be
  /// called again. Returns the source as it is then. `now` is the create_time of a new one.
  using ChangeFunction =
      absl::FunctionRef<absl::StatusOr<SourceSettings>(const std::optional<SourceRecord>&)>;
  absl::StatusOr<SourceRecord> Change(absl::string_view tenant, absl::string_view source,
                                      absl::Time now, ChangeFunction change) const;

  /// The settings of a source of which nobody has said anything.
  static SourceSettings StandardSettings(absl::string_view tenant, absl::string_view source);

 private:
  sql::Database* const database_;
};

}  // namespace waymark::feedback
