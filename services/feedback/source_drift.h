#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "services/feedback/source_schema.h"
#include "waymark/feedback/v1/source.pb.h"

namespace waymark::feedback {

/// What people have said of a source.
struct SourceExpectation {
  /// Unspecified: the kind of its first signal.
  v1::SourceKind kind = v1::SOURCE_KIND_UNSPECIFIED;
  v1::Source::Status status = v1::Source::STATUS_ACTIVE;
  std::optional<absl::Duration> interval;
  /// When its schema was last accepted.
  std::optional<absl::Time> accept_time;
  /// When it was last made STATUS_RETIRED.
  std::optional<absl::Time> retire_time;
};

/// The kind that is expected of the source: what people say, else that of its first signal. Pure.
v1::SourceKind ExpectedKind(v1::SourceKind declared, const KnownSchema& schema);

/// In what a source deviates, by kind of deviation. Pure.
///
/// ADDED and CHANGED: first seen after the schema was accepted; none while it never was. MISSING: a
/// question (whatever its version) or activity that came at least twice, and while the source went
/// on did not come for the longest of 7 days, 20 expected intervals and 20 of its own mean
/// intervals. OTHER_KIND: of another kind than expected, and not accepted since. RETIRED_SENDS: the
/// last signal came after the source was retired, and was not accepted since; its time is that
/// signal's.
std::vector<v1::SchemaDrift> FindDrifts(const KnownSchema& schema,
                                        const SourceExpectation& expectation);

/// Whether signals are overdue `now`: the source is active, and nothing has come in since
/// `last_seen` (none so far: since it was created) for longer than expected. Pure.
bool IsSilent(const SourceExpectation& expectation, absl::Time last_seen, absl::Time now);

}  // namespace waymark::feedback
