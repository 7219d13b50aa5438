#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/sql/database.h"
#include "services/feedback/source_schema.h"
#include "waymark/feedback/v1/source.pb.h"

namespace waymark::feedback {

/// SQL of what sources send, in the index database, whose schema must be up to date. Statuses are
/// those of sql::Connection, or DATA_LOSS for what cannot be parsed. Thread-safe.
class SourceSchemaStore {
 public:
  /// `index` must outlive it.
  explicit SourceSchemaStore(sql::Database* index) : index_(index) {}

  /// Adds what a part of the feed has taught, in the caller's transaction, in which the feed's
  /// position moves on too: each part counts once. Versions of a question are numbered in the order
  /// of first sight and keep their number for ever. Beyond kMaxSchemaItems a source is truncated.
  static absl::Status Merge(sql::Connection& connection, const SchemaLearner& learner);

  /// What is known of `source`; nothing for one that has sent nothing.
  absl::StatusOr<KnownSchema> Read(absl::string_view tenant, absl::string_view source) const;
  /// Calls `visit` with the index of each of `sources` and what is known of it, one at a time; from
  /// the start again when the connection is lost.
  absl::Status ReadEach(absl::string_view tenant, absl::Span<const std::string> sources,
                        absl::FunctionRef<void(size_t, const KnownSchema&)> visit) const;

  /// Forgets the questions and activities that `missing` (KIND_QUESTION_MISSING,
  /// KIND_ACTIVITY_MISSING) tells to be missing, unless they have been seen since. What comes again
  /// is new; a question's versions keep their numbers.
  absl::Status Forget(absl::string_view tenant, absl::string_view source,
                      absl::Span<const v1::SchemaDrift> missing) const;

 private:
  sql::Database* const index_;
};

}  // namespace waymark::feedback
