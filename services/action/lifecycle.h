#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "waymark/action/v1/action.pb.h"
#include "waymark/action/v1/case.pb.h"
#include "waymark/action/v1/programme.pb.h"

namespace waymark::action {

// The states of resources, and the times that follow from them. An action goes from planned to in
// progress, done or cancelled, and from in progress to done or cancelled; a case from open to in
// progress and back, and from either to closed. Pure functions.

/// Gives a new resource its first state, if it has none, and its times.
void Begin(absl::Time now, v1::Programme& programme);
void Begin(absl::Time now, v1::Action& action);
void Begin(absl::Time now, v1::Case& a_case);

/// Takes a resource on from the state of `stored` to that of `changed`, or leaves it there when
/// `changed` has none. FAILED_PRECONDITION (INVALID_STATE): the one cannot follow the other.
absl::Status Advance(absl::Time now, const v1::Programme& stored, v1::Programme& changed);
absl::Status Advance(absl::Time now, const v1::Action& stored, v1::Action& changed);
absl::Status Advance(absl::Time now, const v1::Case& stored, v1::Case& changed);

/// Sets what depends on when a resource is looked at.
inline void LookAt(absl::Time, v1::Programme&) {}
inline void LookAt(absl::Time, v1::Action&) {}
void LookAt(absl::Time now, v1::Case& a_case);

google::protobuf::Timestamp ToTimestamp(absl::Time time);

}  // namespace waymark::action
