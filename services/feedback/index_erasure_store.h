#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/sql/database.h"
#include "services/feedback/index_page.h"
#include "services/feedback/index_store.h"

namespace waymark::feedback {

/// A signal of a customer in the index; at most `limit` of them, whatever bucket they are in.
/// `customer` is its IndexHash. Statuses of all here are those of sql::Connection.
absl::StatusOr<std::vector<IndexRow>> RowsOfCustomer(sql::Connection& connection,
                                                     absl::string_view tenant, int64_t customer,
                                                     int limit);

/// Removes signals from every table of the index, in one transaction, which holds their shard's
/// cursor (IndexStore::Claim). Each is as it was when it was indexed: number and words too. What
/// is gone already is passed over.
absl::Status RemoveFromIndex(sql::Connection& connection, absl::Span<const IndexedSignal> signals);

/// Makes the index of words anew without those of removed signals, which else stay in its file
/// until it happens to be merged: in steps, each a transaction that takes some milliseconds. SQLite
/// only; PostgreSQL keeps words in their rows.
/// False: `stop` said so before it was through.
absl::StatusOr<bool> MergeWords(sql::Database& index, absl::FunctionRef<bool()> stop);

}  // namespace waymark::feedback
