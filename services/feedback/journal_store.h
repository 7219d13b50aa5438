#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"
#include "libs/sql/database.h"
#include "services/feedback/key_store.h"
#include "services/feedback/store.h"
#include "services/feedback/submission.h"

namespace waymark::feedback {

/// A part of a scan for signals that a new touchpoint catalogue places elsewhere.
struct ReplacementPage {
  std::string tenant;
  /// Of the catalogue.
  int64_t revision = 0;
  /// How far the scan had come, and how far it comes with this page.
  Position from;
  Position to;
  /// The entries whose placement differs.
  struct Entry {
    EntryReference reference;
    EntryHeader header;
  };
  std::vector<Entry> entries;
};

/// A transaction of the writer's in which somebody adds entries to the journal.
struct JournalTransaction {
  sql::Connection* connection = nullptr;
  KeyStore* keys = nullptr;
  /// Where the first entry stands that is added; each further one has the next index.
  Position next;
  absl::Time now;
};

/// Takes batches into the journal, many in one transaction. One thread at a time.
class JournalStore {
 public:
  /// Writes what it likes in the transaction and appends the entries that tell of it to the block.
  /// May run again, and must then start afresh. An error rolls everything back; it says what is
  /// wrong with the journal, not with what somebody asked for.
  using Addition = absl::FunctionRef<absl::Status(const JournalTransaction&, BlockBuilder*)>;

  /// Opens a session of its own and loads the key store. `store` and `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<JournalStore>> Create(Store* store, Clock* clock);

  /// Records what is new in the batches and sets every candidate's outcome and position. When it
  /// returns OK all of it is on disk. On an error nothing is, or, when it is UNAVAILABLE and came
  /// from the commit itself, all of it may be; sending the batches again is then safe. Statuses are
  /// those of sql::Connection.
  absl::Status Commit(absl::Span<Submission* const> batches);

  /// Appends an entry for each of the page's entries that still counts, and moves the scan on.
  /// Nothing happens when the scan is elsewhere by now: another replica has done the page.
  absl::Status Append(const ReplacementPage& page);

  /// Adds entries of one tenant and what belongs to them, while no other transaction of any writer
  /// is under way; on disk when it returns OK.
  absl::Status Append(const std::string& tenant, Addition addition);

  /// Commits something that leaves everything as it was: OK when the journal can be written.
  absl::Status TryWriting();

  /// The entry that counts for a key, whichever replica recorded it; nothing when the key is not
  /// known.
  absl::StatusOr<std::optional<Position>> Find(const Hash128& key);

  /// How many keys are held in memory.
  int64_t keys() const { return keys_->size(); }

 private:
  JournalStore(Store* store, Clock* clock, std::unique_ptr<sql::Connection> connection,
               std::unique_ptr<KeyStore> keys)
      : store_(store), clock_(clock), connection_(std::move(connection)), keys_(std::move(keys)) {}

  /// `fill` moves the id on to the last block that it adds.
  using FillFunction = absl::FunctionRef<absl::Status(BlockId* last)>;
  absl::Status RunOnce(FillFunction fill);
  absl::Status Run(FillFunction fill);
  absl::Status Fill(absl::Span<Submission* const> batches, BlockId* last);
  absl::Status InsertBlocks(absl::Span<Submission* const> batches, BlockId* last);
  absl::Status Count(absl::Span<Submission* const> batches);
  absl::Status FillPage(const ReplacementPage& page, BlockId* last);
  absl::Status FillAddition(const std::string& tenant, Addition addition, BlockId* last);

  Store* const store_;
  Clock* const clock_;
  const std::unique_ptr<sql::Connection> connection_;
  const std::unique_ptr<KeyStore> keys_;
  BlockBuilder block_;
};

}  // namespace waymark::feedback
