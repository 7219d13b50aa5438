#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "libs/columns/customer_groups.h"
#include "libs/columns/dictionary.h"
#include "libs/stats/metrics.h"

namespace waymark::scoring {

using columns::Id;
using columns::kNone;

enum class QuestionKind { kRating, kNps, kCsat, kCes };

/// A question with a scale, in one version: as the answers to it were given.
struct Question {
  Id source = kNone;
  std::string id;
  QuestionKind kind = QuestionKind::kRating;
  stats::Scale scale;
  /// The source's own version; empty when it gives none.
  std::string version;
  /// The wording, cut to kMaxWordingBytes; empty when the answers carry none.
  std::string text;
  /// A hash of kind, scale and version, and one of the whole wording, 0 when there is none; the
  /// same in every process and for every source.
  uint64_t form = 0;
  uint64_t wording = 0;
  /// How many answers to it count, blank ones too; while there is none it is as if it did not
  /// exist.
  int64_t rows = 0;
};
inline constexpr size_t kMaxWordingBytes = 200;

/// An answer to a question with a scale. Customers in rows are as they were sent: see
/// EvidenceData::PersonOf. `respondent` is the customer, or a number of its own for a
/// submission without one.
struct RatingRow {
  uint32_t question = 0;
  Id respondent = kNone;
  Id touchpoint = kNone;
  Id attributes = kNone;
  int64_t time_micros = 0;
  /// As given; meaningless unless `rated`.
  double value = 0;
  /// 1..100, direction corrected.
  double score = 0;
  double weight = 1;
  /// False: left blank or not applicable.
  bool rated = false;
  /// False: superseded; to be passed over. So in every row below.
  bool counts = true;
};

/// What somebody wrote with a low rating of a touchpoint; redacted before it came here.
struct CommentRow {
  Id touchpoint = kNone;
  Id source = kNone;
  int64_t time_micros = 0;
  double score = 0;
  std::string text;
  bool counts = true;
};

struct InteractionRow {
  Id customer = kNone;
  Id touchpoint = kNone;
  Id source = kNone;
  Id attributes = kNone;
  int64_t time_micros = 0;
  bool counts = true;
};

enum class Stance { kNone, kAdvocating, kStaying, kAtRisk, kLeaving };

struct ObservationRow {
  Id customer = kNone;
  Stance stance = Stance::kNone;
  double confidence = 0;
  int64_t time_micros = 0;
  /// The end of time when it does not expire.
  int64_t expire_micros = std::numeric_limits<int64_t>::max();
  bool counts = true;
};

/// Everything that counts for one tenant's scores, as columns.
struct EvidenceData {
  columns::Dictionary customers;
  /// By customer: as which one it counts, see PersonOf. Those beyond its end count as themselves.
  std::vector<Id> persons;
  columns::Dictionary touchpoints;
  columns::Dictionary sources;
  columns::Dictionary attribute_keys;
  columns::Dictionary attribute_values;
  columns::AttributeSets attributes;
  std::vector<Question> questions;
  std::vector<RatingRow> ratings;
  std::vector<CommentRow> comments;
  std::vector<InteractionRow> interactions;
  std::vector<ObservationRow> observations;
  /// Event time of the latest signal: what "now" means to analyses.
  int64_t latest_micros = std::numeric_limits<int64_t>::min();
  /// Signals that count: all, and by source.
  int64_t signals = 0;
  std::vector<int64_t> signals_of_source;
  /// Where the last change that was applied stands in the feed.
  std::string position;
  /// Names this state by the changes that led to it: equal in any process and at any time, so that
  /// a cache which outlives the process, or feedback's database, never answers for another state.
  uint64_t version = 0;

  /// The customer as which one counts that a row names, or its respondent: linked ones are one.
  Id PersonOf(Id id) const { return id < persons.size() ? persons[id] : id; }
};

/// Two customers are, or are no longer, the same person.
struct LinkEvidence {
  std::string customer;
  std::string linked_customer;
  bool linked = true;
  /// The higher one is the newer of what is said of a pair.
  int64_t revision = 0;
  /// Change.customer_hash and linked_customer_hash.
  uint64_t customer_hash = 0;
  uint64_t linked_customer_hash = 0;
  std::string position;
  /// A hash of the change, the same in every process.
  uint64_t fingerprint = 0;
};

/// One signal as it counts from now on.
struct SignalEvidence {
  struct Rating {
    std::string question;
    QuestionKind kind = QuestionKind::kRating;
    stats::Scale scale;
    /// The source's own version of the question, and its wording; empty when it gives none.
    std::string version;
    std::string text;
    std::string touchpoint;
    bool rated = false;
    double value = 0;
  };
  struct Comment {
    std::string touchpoint;
    std::string text;
  };
  std::string source;
  std::string external_id;
  int64_t revision = 0;
  /// False for a survey that is still being answered: a finished one beats it at any revision.
  bool finished = true;
  /// No longer counts.
  bool deleted = false;
  std::string customer;
  /// Change.customer_hash.
  uint64_t customer_hash = 0;
  int64_t time_micros = 0;
  double weight = 1;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Rating> ratings;
  std::vector<Comment> comments;
  bool is_interaction = false;
  /// Where the signal as a whole happened.
  std::string touchpoint;
  Stance stance = Stance::kNone;
  double confidence = 0;
  int64_t expire_micros = std::numeric_limits<int64_t>::max();
  std::string position;
  int64_t catalogue_revision = 0;
  int64_t correction_revision = 0;
  /// A hash of the change, the same in every process.
  uint64_t fingerprint = 0;
};

/// A customer who was erased: everything of theirs that stands before `position` in the feed.
struct ErasedCustomer {
  uint64_t customer_hash = 0;
  std::string position;
  uint64_t fingerprint = 0;
};

/// The evidence of one tenant. Thread-safe; readers do not hold each other up.
class Evidence {
 public:
  /// Counts `signal` instead of what was known of its (source, external_id); ignores what is not
  /// newer by (finished, revision, catalogue revision, correction revision), so applying the same
  /// again changes nothing.
  void Apply(const SignalEvidence& signal);

  /// Counts linked customers as one, under the smallest of their ids, and unlinked ones apart;
  /// ignores what is not newer by its revision than what was said of the pair.
  void Apply(const LinkEvidence& link);
  /// Drops everything of a customer, and forgets the name and whatever else nobody but them had.
  /// What is left is what it would be if they had never been there.
  void Erase(const ErasedCustomer& erased);

  /// Runs `read` on a state that stands still meanwhile.
  void Read(absl::FunctionRef<void(const EvidenceData&)> read) const;

 private:
  struct Key {
    uint64_t high;
    uint64_t low;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Key& key) {
      return H::combine(std::move(state), key.high, key.low);
    }
  };
  struct Range {
    uint32_t begin = 0;
    uint32_t count = 0;
  };
  /// Where a signal's rows are.
  struct Entry {
    /// The greater one holds the newer knowledge of the same signal.
    std::tuple<bool, int64_t, int64_t, int64_t> stamp = {false, -1, -1, -1};
    bool counts = false;
    uint64_t customer = 0;
    Id source = kNone;
    Range ratings;
    Range comments;
    Range interactions;
    Range observations;
  };

  /// What is known of a customer, by Change.customer_hash; 0: of signals without one.
  struct Customer {
    Id id = kNone;
    /// Signals that count.
    int64_t signals = 0;
    /// Event time of the latest signal, be it superseded.
    int64_t latest_micros = std::numeric_limits<int64_t>::min();
  };

  bool WasErased(const SignalEvidence& signal) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Forgets attributes that no row has which counts.
  void SweepAttributes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Regroup(const columns::CustomerGroups::Moves& moves) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Insert(const SignalEvidence& signal, Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void InsertRatings(const SignalEvidence& signal, Id attributes, Entry* entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint32_t QuestionIndex(Id source, const SignalEvidence::Rating& rating)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Id InternAttributes(const SignalEvidence& signal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// What is left to do when a change has taken effect.
  void Note(const std::string& position, uint64_t fingerprint)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Marks the rows of `entry` as superseded.
  void Retire(Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Drops superseded rows once they are the larger part.
  void CompactIfWorthwhile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  EvidenceData data_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  columns::CustomerGroups groups_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, Customer> customers_ ABSL_GUARDED_BY(mutex_);
  /// Where in the feed customers were erased.
  absl::flat_hash_map<uint64_t, std::string> erased_ ABSL_GUARDED_BY(mutex_);
  /// By source, id, form and wording.
  absl::flat_hash_map<std::tuple<Id, std::string, uint64_t, uint64_t>, uint32_t> question_index_
      ABSL_GUARDED_BY(mutex_);
  /// Numbers given to submissions without a customer; above all of the dictionary's.
  Id next_anonymous_ ABSL_GUARDED_BY(mutex_) = Id{1} << 31;
  size_t retired_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace waymark::scoring
