#include "services/cli/catch_up.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "services/cli/retry.h"

namespace waymark::cli {
namespace {

// Servers answer DEADLINE_EXCEEDED when the call's time is over: short calls let us try again.
constexpr absl::Duration kOneCall = absl::Seconds(20);
// How long a service may be away.
constexpr absl::Duration kPatience = absl::Seconds(30);

template <typename Request, typename Method>
absl::Status Wait(Client& client, Method method, absl::string_view service,
                  const std::string& position, absl::Time deadline, Request request = {}) {
  request.set_parent(absl::StrCat("tenants/", client.tenant()));
  request.set_min_position(position);
  Backoff backoff(kPatience);
  while (absl::Now() < deadline) {
    const auto answer = client.Call(method, request, std::min(kOneCall, deadline - absl::Now()));
    if (answer.ok()) return absl::OkStatus();
    if (answer.status().code() == absl::StatusCode::kDeadlineExceeded) continue;
    const std::optional<absl::Duration> delay = backoff.Next(answer.status());
    if (!delay.has_value()) {
      return Annotate(answer.status(), absl::StrCat("all is recorded, but ", service,
                                                    " cannot say whether it knows it yet"));
    }
    absl::SleepFor(*delay);
  }
  return absl::DeadlineExceededError(
      absl::StrCat("all is recorded, but ", service,
                   " has not caught up yet: reads lag behind for now; --no-wait skips waiting"));
}

}  // namespace

absl::Status WaitUntilCaughtUp(Client& client, const std::string& position,
                               absl::Duration patience) {
  if (position.empty()) return absl::OkStatus();
  const absl::Time deadline = absl::Now() + patience;
  feedback::v1::ListSignalsRequest indexed;
  indexed.set_page_size(1);
  WM_RETURN_IF_ERROR(Wait(client, &feedback::v1::SignalService::StubInterface::ListSignals,
                          "the index of signals", position, deadline, indexed));
  WM_RETURN_IF_ERROR(Wait<journey::v1::GetProjectionRequest>(
      client, &journey::v1::DiscoveryService::StubInterface::GetProjection, "journey", position,
      deadline));
  return Wait<scoring::v1::GetProjectionRequest>(
      client, &scoring::v1::ScoringService::StubInterface::GetProjection, "scoring", position,
      deadline);
}

}  // namespace waymark::cli
