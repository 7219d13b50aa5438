#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/sql/connection.h"

namespace waymark::feedback {

/// What people say of a tenant's signals and customers is numbered, each subject for itself.
enum class Subject { kLinks, kCorrections };

/// SQL of those numbers. Writers take turns, so their order is that in which the feed tells of the
/// changes.
class RevisionStore {
 public:
  /// The next number, in the writer's transaction.
  static absl::StatusOr<int64_t> Next(sql::Connection& connection, absl::string_view tenant,
                                      Subject subject);

  /// The last number of each tenant that has any, in the connection's transaction.
  static absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> Newest(
      sql::Connection& connection, Subject subject);
};

}  // namespace waymark::feedback
