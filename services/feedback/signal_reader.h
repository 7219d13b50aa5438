#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/filter/filter.h"
#include "services/feedback/index_store.h"
#include "services/feedback/placer.h"
#include "services/feedback/search.h"
#include "services/feedback/store.h"
#include "services/feedback/writer.h"
#include "waymark/feedback/v1/stored_signal.pb.h"

namespace waymark::feedback {

/// What a list asks for.
struct SignalQuery {
  std::string tenant;
  filter::Filter filter;
  std::optional<Search> search;
  bool ascending = false;
  /// The row that the page before ended with.
  std::optional<RowKey> after;
  int limit = 50;
  /// When to stop looking for more.
  absl::Time deadline = absl::InfiniteFuture();
};

/// What a list found.
struct SignalPage {
  std::vector<v1::StoredSignal> signals;
  /// Where to go on; nothing: there is no more.
  std::optional<RowKey> next;
};

/// Reads recorded signals: what is found in the index is read from the journal, with its place in
/// the touchpoint catalogue of that moment, or where people put it. Statuses are those of
/// sql::Connection. Thread-safe.
class SignalReader {
 public:
  /// All must outlive it.
  SignalReader(Store* journal, IndexStore* index, const PlacementStores& placements, Writer* writer)
      : journal_(journal), index_(index), placements_(placements), writer_(writer) {}

  /// The signal that counts for a key; nothing: never recorded, or deleted.
  absl::StatusOr<std::optional<v1::StoredSignal>> Get(const std::string& tenant,
                                                      absl::string_view source,
                                                      absl::string_view external_id);

  absl::StatusOr<SignalPage> List(const SignalQuery& query);

  /// The messages of a conversation, in order of the feed, kMaxMessages at most.
  absl::StatusOr<std::vector<v1::StoredSignal>> Conversation(const std::string& tenant,
                                                             absl::string_view source,
                                                             absl::string_view conversation);
  static constexpr int kMaxMessages = 10'000;

 private:
  absl::Status ReadBoth(
      absl::FunctionRef<absl::Status(sql::Connection& index, sql::Connection& journal)> read);

  Store* const journal_;
  IndexStore* const index_;
  const PlacementStores placements_;
  Writer* const writer_;
};

}  // namespace waymark::feedback
