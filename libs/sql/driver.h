#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/sql/connection.h"
#include "libs/sql/database.h"

namespace waymark::sql {

/// A connection as the pool sees it.
class Session : public Connection {
 public:
  /// Whether the server went away; the next use outside a transaction connects again.
  virtual bool lost() const = 0;

  /// See Database::Purge; outside a transaction.
  virtual absl::Status Purge(absl::Span<const absl::string_view> tables) = 0;
};

enum class Role {
  kReader,
  kWriter,
};

/// What a database product must bring; everything above it is shared. Thread-safe.
class Driver {
 public:
  virtual ~Driver() = default;

  virtual absl::StatusOr<std::unique_ptr<Session>> Connect(Role role,
                                                           absl::Duration statement_timeout) = 0;
  virtual Dialect dialect() const = 0;
  virtual const std::string& name() const = 0;
  /// How many sessions may write at once; 0: as many as there are.
  virtual int max_writers() const = 0;
  virtual int64_t connections_lost() const = 0;
};

/// `url` starts with "sqlite:".
absl::StatusOr<std::unique_ptr<Driver>> OpenSqlite(absl::string_view url,
                                                   const DatabaseOptions& options);
/// `url` starts with "postgresql://" or "postgres://".
absl::StatusOr<std::unique_ptr<Driver>> OpenPostgres(absl::string_view url,
                                                     const DatabaseOptions& options);

}  // namespace waymark::sql
