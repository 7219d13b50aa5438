#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/sql/connection.h"
#include "waymark/feedback/v1/customer_link.pb.h"

namespace waymark::feedback {

/// A customer has so many ids at most, so that one wrong link cannot make a tenant one customer.
inline constexpr size_t kMaxCustomerIds = 100;

/// SQL of the links between customers, in the connection's transaction. Statuses are those of
/// sql::Connection, or DATA_LOSS for what cannot be parsed.
class CustomerLinkStore {
 public:
  static absl::StatusOr<std::optional<v1::CustomerLink>> Find(sql::Connection& connection,
                                                              absl::string_view tenant,
                                                              absl::string_view id);
  static absl::Status Insert(sql::Connection& connection, absl::string_view tenant,
                             absl::string_view id, const v1::CustomerLink& link);
  static absl::Status Delete(sql::Connection& connection, absl::string_view tenant,
                             absl::string_view id);

  /// Every link that has `customer`.
  static absl::Status DeleteOf(sql::Connection& connection, absl::string_view tenant,
                               absl::string_view customer);

  /// The links with a revision below `before` that have `customer`, or all when it is empty: at
  /// most `limit`, newest first.
  static absl::StatusOr<std::vector<v1::CustomerLink>> List(sql::Connection& connection,
                                                            absl::string_view tenant,
                                                            absl::string_view customer,
                                                            int64_t before, int limit);

  /// All ids that are the same person as `customer`, that one too, sorted.
  static absl::StatusOr<std::vector<std::string>> IdsOf(sql::Connection& connection,
                                                        absl::string_view tenant,
                                                        const std::string& customer);

  /// The id of the link that a request made at `since` or later; "": none that is known.
  static absl::StatusOr<std::string> FindRequest(sql::Connection& connection,
                                                 absl::string_view tenant,
                                                 absl::string_view request_id, absl::Time since);
  /// Remembers it, and forgets those from before `since`, of every tenant.
  static absl::Status InsertRequest(sql::Connection& connection, absl::string_view tenant,
                                    absl::string_view request_id, absl::string_view id,
                                    absl::Time now, absl::Time since);
};

}  // namespace waymark::feedback
