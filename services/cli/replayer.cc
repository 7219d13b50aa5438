#include "services/cli/replayer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "services/cli/ingester.h"
#include "services/cli/retry.h"

namespace waymark::cli {
namespace {

using feedback::v1::QuarantineService;

constexpr int kBatch = 200;
constexpr size_t kBatchBytes = 2 << 20;
constexpr absl::Duration kPatience = absl::Minutes(1);

bool IsTooLarge(const absl::Status& status) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  return details.has_value() && details->reason == "TOO_LARGE";
}

}  // namespace

Replayer::Replayer(Client* client, std::function<void(absl::Duration)> sleep)
    : client_(*client), sleep_(std::move(sleep)) {}

absl::Status Replayer::Add(feedback::v1::QuarantineReplay replay) {
  const size_t bytes = replay.ByteSizeLong();
  if (filling_.replays_size() == kBatch ||
      (filling_.replays_size() > 0 && bytes_ + bytes > kBatchBytes)) {
    WM_RETURN_IF_ERROR(Flush());
  }
  bytes_ += bytes;
  *filling_.add_replays() = std::move(replay);
  return absl::OkStatus();
}

absl::Status Replayer::Flush() {
  if (filling_.replays().empty()) return absl::OkStatus();
  filling_.set_parent(absl::StrCat("tenants/", client_.tenant()));
  const Request request = std::exchange(filling_, {});
  bytes_ = 0;
  return Send(request);
}

absl::Status Replayer::Send(const Request& request) {
  const absl::StatusOr<Response> response = Call(request);
  if (response.ok()) {
    Count(request, *response);
    return absl::OkStatus();
  }
  // Only the server knows how large those are that are replayed as they are.
  if (!IsTooLarge(response.status()) || request.replays_size() < 2) return response.status();
  const int half = request.replays_size() / 2;
  Request first, second;
  first.set_parent(request.parent());
  second.set_parent(request.parent());
  for (int i = 0; i < request.replays_size(); ++i) {
    *(i < half ? first : second).add_replays() = request.replays(i);
  }
  WM_RETURN_IF_ERROR(Send(first));
  return Send(second);
}

absl::StatusOr<Replayer::Response> Replayer::Call(const Request& request) {
  Backoff backoff(kPatience);
  while (true) {
    auto response =
        client_.Call(&QuarantineService::StubInterface::ReplayQuarantinedSignals, request);
    if (response.ok() && response->results_size() != request.replays_size()) {
      return absl::InternalError(absl::StrCat("the server answered ", response->results_size(),
                                              " results for ", request.replays_size(), " replays"));
    }
    if (response.ok()) return response;
    const std::optional<absl::Duration> delay = backoff.Next(response.status());
    if (!delay.has_value()) return response;
    sleep_(*delay);
  }
}

void Replayer::Count(const Request& request, const Response& response) {
  for (int i = 0; i < response.results_size(); ++i) {
    const feedback::v1::ReplayResult& result = response.results(i);
    if (result.outcome() == feedback::v1::INGEST_OUTCOME_UNSPECIFIED) {
      ++totals_.gone;
      continue;
    }
    CountOutcome(result.outcome(), &totals_.counts);
    if (result.reasons().empty()) continue;
    totals_.remaining.push_back({.name = request.replays(i).name(),
                                 .outcome = result.outcome(),
                                 .reasons = {result.reasons().begin(), result.reasons().end()}});
  }
  totals_.position = std::max(totals_.position, response.position());
}

}  // namespace waymark::cli
