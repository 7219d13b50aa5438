#include "libs/feed/consumer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"

namespace waymark::feed {
namespace {

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

absl::Time WaitUntil(absl::Time deadline) {
  const absl::Time now = absl::Now();
  const absl::Duration to_answer = std::min((deadline - now) / 5, absl::Milliseconds(500));
  return std::min(deadline - to_answer, now + absl::Minutes(1));
}

Consumer::Consumer(ChangeSource* source, Applier* applier, ConsumerOptions options)
    : source_(source), applier_(applier), options_(options) {}

Consumer::~Consumer() { Stop(); }

void Consumer::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Consumer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Consumer::Run() {
  absl::StatusOr<std::string> cursor = absl::UnavailableError("not started");
  absl::Duration backoff = options_.first_backoff;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    if (!cursor.ok()) cursor = Resume();
    const absl::Status status = cursor.ok() ? Step(&*cursor) : cursor.status();
    {
      absl::MutexLock lock(&mutex_);
      progress_.last_error = status;
    }
    if (status.ok()) {
      backoff = options_.first_backoff;
      continue;
    }
    LogLine(LogLevel::kWarning, "feed not followed")
        .Add("error", status.ToString())
        .Add("retry_ms", absl::ToInt64Milliseconds(backoff));
    Pause(backoff);
    backoff = std::min(2 * backoff, options_.last_backoff);
  }
}

absl::StatusOr<std::string> Consumer::Resume() {
  absl::StatusOr<std::string> cursor = applier_->Cursor();
  if (cursor.ok()) {
    absl::MutexLock lock(&mutex_);
    progress_.position = *cursor;
  }
  return cursor;
}

absl::Status Consumer::Step(std::string* cursor) {
  feedback::v1::PullFeedRequest request;
  request.set_parent("tenants/-");
  request.set_cursor(*cursor);
  request.set_limit(options_.page_size);
  request.set_shard(options_.shard);
  request.set_shard_count(options_.shard_count);
  request.mutable_wait()->set_seconds(absl::ToInt64Seconds(options_.wait));
  request.mutable_wait()->set_nanos(absl::ToInt64Nanoseconds(options_.wait % absl::Seconds(1)));
  WM_ASSIGN_OR_RETURN(const feedback::v1::PullFeedResponse page, source_->Pull(request));
  const bool moved = page.next_cursor() != *cursor;
  if (moved) WM_RETURN_IF_ERROR(applier_->Apply(page));

  absl::MutexLock lock(&mutex_);
  progress_.caught_up |= page.at_end();
  if (!moved) return absl::OkStatus();
  *cursor = page.next_cursor();
  progress_.position = page.next_cursor();
  progress_.changes += page.changes_size();
  if (page.changes_size() > 0) {
    progress_.lag = absl::Now() - FromProto(page.changes().rbegin()->record_time());
  }
  return absl::OkStatus();
}

void Consumer::Pause(absl::Duration backoff) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), backoff);
}

absl::Status Consumer::WaitFor(absl::string_view position, absl::Time deadline) {
  if (position.empty()) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  const auto reached = [&] {
    mutex_.AssertReaderHeld();
    return progress_.position >= position;
  };
  return Await(reached, deadline, absl::StrCat("position '", position, "' is not applied yet"));
}

absl::Status Consumer::WaitUntilCaughtUp(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto caught_up = [&] {
    mutex_.AssertReaderHeld();
    return progress_.caught_up;
  };
  return Await(caught_up, deadline, "the signals recorded so far are not all applied yet");
}

absl::Status Consumer::Await(absl::FunctionRef<bool()> done, absl::Time deadline,
                             absl::string_view what) {
  const auto settled = [&] {
    mutex_.AssertReaderHeld();
    return done() || stopping_;
  };
  if (mutex_.AwaitWithDeadline(absl::Condition(&settled), deadline) && done()) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kDeadlineExceeded, "POSITION_NOT_REACHED",
      absl::StrCat(
          what, ", only what stands up to '", progress_.position, "'",
          progress_.last_error.ok() ? "" : absl::StrCat(": ", progress_.last_error.message()),
          "; try again, or allow more time"));
}

ConsumerProgress Consumer::progress() const {
  absl::MutexLock lock(&mutex_);
  return progress_;
}

}  // namespace waymark::feed
