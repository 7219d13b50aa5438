#include "services/action/lifecycle.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/status_macros.h"
#include "services/action/errors.h"

namespace waymark::action {
namespace {

using google::protobuf::util::TimeUtil;

template <typename State>
struct Step {
  State from;
  State to;
};

constexpr Step<v1::Action::State> kActionSteps[] = {
    {v1::Action::STATE_PLANNED, v1::Action::STATE_IN_PROGRESS},
    {v1::Action::STATE_PLANNED, v1::Action::STATE_DONE},
    {v1::Action::STATE_PLANNED, v1::Action::STATE_CANCELLED},
    {v1::Action::STATE_IN_PROGRESS, v1::Action::STATE_DONE},
    {v1::Action::STATE_IN_PROGRESS, v1::Action::STATE_CANCELLED},
};

constexpr Step<v1::Case::State> kCaseSteps[] = {
    {v1::Case::STATE_OPEN, v1::Case::STATE_IN_PROGRESS},
    {v1::Case::STATE_OPEN, v1::Case::STATE_CLOSED},
    {v1::Case::STATE_IN_PROGRESS, v1::Case::STATE_OPEN},
    {v1::Case::STATE_IN_PROGRESS, v1::Case::STATE_CLOSED},
};

/// Gives `changed` the state of `stored` when it has none, and checks the step otherwise.
template <typename Resource, typename State>
absl::Status CheckStep(absl::Span<const Step<State>> steps, const Resource& stored,
                       Resource& changed) {
  if (changed.state() == Resource::STATE_UNSPECIFIED) changed.set_state(stored.state());
  if (changed.state() == stored.state()) return absl::OkStatus();
  std::vector<std::string> allowed;
  for (const Step<State>& step : steps) {
    if (step.from != stored.state()) continue;
    if (step.to == changed.state()) return absl::OkStatus();
    allowed.push_back(Resource::State_Name(step.to));
  }
  return errors::InvalidState(stored.name(), Resource::State_Name(stored.state()),
                              Resource::State_Name(changed.state()),
                              absl::StrJoin(allowed, " or "));
}

/// What has begun has a start, what is done an end; neither moves once it is set.
void SetTimes(absl::Time now, v1::Action& action) {
  const bool done = action.state() == v1::Action::STATE_DONE;
  const bool begun = done || action.state() == v1::Action::STATE_IN_PROGRESS;
  if (begun && !action.has_start_time()) *action.mutable_start_time() = ToTimestamp(now);
  if (done && !action.has_done_time()) *action.mutable_done_time() = ToTimestamp(now);
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

void Begin(absl::Time now, v1::Programme& programme) {
  *programme.mutable_create_time() = ToTimestamp(now);
  *programme.mutable_update_time() = programme.create_time();
}

void Begin(absl::Time now, v1::Action& action) {
  *action.mutable_create_time() = ToTimestamp(now);
  *action.mutable_update_time() = action.create_time();
  if (action.state() == v1::Action::STATE_UNSPECIFIED) action.set_state(v1::Action::STATE_PLANNED);
  SetTimes(now, action);
}

void Begin(absl::Time now, v1::Case& a_case) {
  *a_case.mutable_create_time() = ToTimestamp(now);
  *a_case.mutable_update_time() = a_case.create_time();
  if (a_case.state() == v1::Case::STATE_UNSPECIFIED) a_case.set_state(v1::Case::STATE_OPEN);
}

absl::Status Advance(absl::Time, const v1::Programme&, v1::Programme&) { return absl::OkStatus(); }

absl::Status Advance(absl::Time now, const v1::Action& stored, v1::Action& changed) {
  WM_RETURN_IF_ERROR(CheckStep(absl::MakeConstSpan(kActionSteps), stored, changed));
  SetTimes(now, changed);
  return absl::OkStatus();
}

absl::Status Advance(absl::Time now, const v1::Case& stored, v1::Case& changed) {
  WM_RETURN_IF_ERROR(CheckStep(absl::MakeConstSpan(kCaseSteps), stored, changed));
  if (changed.state() == v1::Case::STATE_CLOSED && !changed.has_close_time()) {
    *changed.mutable_close_time() = ToTimestamp(now);
  }
  return absl::OkStatus();
}

void LookAt(absl::Time now, v1::Case& a_case) {
  const google::protobuf::Timestamp until =
      a_case.has_close_time() ? a_case.close_time() : ToTimestamp(now);
  a_case.set_overdue(until > a_case.due_time());
}

}  // namespace waymark::action
