#include "libs/sql/database.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "libs/sql/driver.h"
#include "libs/sql/pool.h"

namespace waymark::sql {
namespace {

// Random, so that those who collided do not collide again.
void BackOff(int attempt) {
  const absl::Duration longest =
      std::min(absl::Milliseconds(1) * (1 << std::min(attempt, 7)), absl::Milliseconds(100));
  absl::BitGen random;
  absl::SleepFor(longest * absl::Uniform(random, 0.0, 1.0));
}

enum class Retry { kNo, kConflict, kLost };

struct Attempt {
  absl::Status status;
  Retry retry = Retry::kNo;
};

Retry RetryAfter(const Session& session, const absl::Status& failure) {
  if (session.lost()) return Retry::kLost;
  return absl::IsAborted(failure) ? Retry::kConflict : Retry::kNo;
}

// The connection's first error decides whether to run again, not what `fn` made of it.
Attempt RunOnce(Session& session, Database::Function fn, Isolation isolation) {
  absl::Status status = session.Begin(isolation);
  if (!status.ok()) return {status, RetryAfter(session, status)};
  status = fn(session);
  const absl::Status failure = session.failure();
  if (!failure.ok()) {
    const Retry retry = RetryAfter(session, failure);
    session.Rollback();
    return {status.ok() ? failure : status, retry};
  }
  if (!status.ok()) {
    session.Rollback();
    return {status, Retry::kNo};
  }
  status = session.Commit();
  return {status, absl::IsAborted(status) ? Retry::kConflict : Retry::kNo};
}

class PooledDatabase : public Database {
 public:
  PooledDatabase(std::unique_ptr<Driver> driver, const DatabaseOptions& options)
      : options_(options),
        driver_(std::move(driver)),
        sessions_(driver_.get(), driver_->max_writers() > 0 ? Role::kReader : Role::kWriter,
                  options.pool_size, options) {
    if (driver_->max_writers() > 0) {
      few_writers_ =
          std::make_unique<Pool>(driver_.get(), Role::kWriter, driver_->max_writers(), options);
    }
  }

  absl::Status RunRead(Function fn) override { return Run(sessions_, fn, Isolation::kReadOnly); }

  absl::Status RunTransaction(Function fn, Isolation isolation) override {
    transactions_.fetch_add(1, std::memory_order_relaxed);
    return Run(few_writers_ != nullptr ? *few_writers_ : sessions_, fn, isolation);
  }

  absl::StatusOr<Result> Query(absl::string_view sql, absl::Span<const Value> params) override {
    WM_ASSIGN_OR_RETURN(const Pool::Lease session, sessions_.Acquire());
    absl::StatusOr<Result> result = session->Execute(sql, params);
    if (!session->lost()) return result;
    retries_.fetch_add(1, std::memory_order_relaxed);
    return session->Execute(sql, params);
  }

  absl::StatusOr<std::unique_ptr<Connection>> Dedicated() override {
    return Dedicated(options_.statement_timeout);
  }

  absl::StatusOr<std::unique_ptr<Connection>> Dedicated(absl::Duration statement_timeout) override {
    return driver_->Connect(Role::kWriter, statement_timeout);
  }

  absl::Status Purge(absl::Span<const absl::string_view> tables) override {
    WM_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                        driver_->Connect(Role::kWriter, absl::InfiniteDuration()));
    return session->Purge(tables);
  }

  absl::Status Ping() override { return Query("SELECT 1", {}).status(); }

  Dialect dialect() const override { return driver_->dialect(); }
  const std::string& name() const override { return driver_->name(); }

  DatabaseStats stats() const override {
    DatabaseStats stats;
    sessions_.AddStats(&stats);
    if (few_writers_ != nullptr) few_writers_->AddStats(&stats);
    stats.transactions = transactions_.load(std::memory_order_relaxed);
    stats.retries = retries_.load(std::memory_order_relaxed);
    stats.connections_lost = driver_->connections_lost();
    return stats;
  }

 private:
  absl::Status Run(Pool& pool, Function fn, Isolation isolation) {
    WM_ASSIGN_OR_RETURN(const Pool::Lease session, pool.Acquire());
    // A second loss means that the server is down rather than that this connection was stale.
    bool lost_before = false;
    for (int attempt = 1;; ++attempt) {
      Attempt done = RunOnce(*session, fn, isolation);
      if (done.retry == Retry::kNo || attempt >= options_.max_attempts) return done.status;
      if (done.retry == Retry::kLost && std::exchange(lost_before, true)) return done.status;
      retries_.fetch_add(1, std::memory_order_relaxed);
      if (done.retry == Retry::kConflict) BackOff(attempt);
    }
  }

  const DatabaseOptions options_;
  const std::unique_ptr<Driver> driver_;
  /// All sessions, or the readers where few may write.
  Pool sessions_;
  std::unique_ptr<Pool> few_writers_;
  std::atomic<int64_t> transactions_{0};
  std::atomic<int64_t> retries_{0};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(absl::string_view url,
                                                         const DatabaseOptions& options) {
  const bool postgres =
      absl::StartsWith(url, "postgresql://") || absl::StartsWith(url, "postgres://");
  if (!postgres && !absl::StartsWith(url, "sqlite:")) {
    const absl::string_view scheme = url.substr(0, std::min(url.find(':'), size_t{20}));
    return absl::InvalidArgumentError(
        absl::StrCat("unknown kind of database '", scheme,
                     "'; write sqlite:PATH or postgresql://user@host:port/database"));
  }
  WM_ASSIGN_OR_RETURN(std::unique_ptr<Driver> driver,
                      postgres ? OpenPostgres(url, options) : OpenSqlite(url, options));
  auto database = std::make_unique<PooledDatabase>(std::move(driver), options);
  WM_RETURN_IF_ERROR(database->Ping());
  return database;
}

}  // namespace waymark::sql
