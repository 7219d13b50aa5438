#include "services/journey/projection.h"

#include <xxhash.h>

#include <algorithm>
#include <compare>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/columns/customer_groups.h"
#include "services/journey/errors.h"
#include "waymark/feedback/v1/feed.pb.h"

namespace waymark::journey {
namespace {

using feedback::v1::Change;
using feedback::v1::Signal;

/// An id of 128 bytes and an external id of 256 cannot run into each other across the NUL.
columns::EventKey KeyOf(const Signal& signal) {
  const std::string text =
      absl::StrCat(signal.source(), absl::string_view("\0", 1), signal.external_id());
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {.high = hash.high64, .low = hash.low64};
}

int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

absl::string_view TouchpointOf(const Change& change) {
  for (const feedback::v1::Placement& placement : change.enrichment().placements()) {
    if (placement.question().empty()) return placement.touchpoint();
  }
  return change.signal().touchpoint();
}

/// What is known of a signal.
struct Known {
  /// The greater one holds the newer knowledge of the same signal.
  struct Stamp {
    /// False for a survey that is still being answered: a finished one beats it at any revision.
    bool finished = false;
    int64_t revision = -1;
    int64_t catalogue_revision = -1;
    int64_t correction_revision = -1;
    friend auto operator<=>(const Stamp&, const Stamp&) = default;
  };

  Stamp stamp;
  /// The signal's rank by arrival: the tie-break of events of equal time and sequence. The feed
  /// comes in commit order, so this is the order of positions, and a revision keeps its place.
  uint64_t rank = 0;
  /// While it counts: Change.customer_hash, and the number of its source.
  uint64_t customer = 0;
  columns::Id source = columns::kNone;
  bool counts = false;
};

}  // namespace

/// The data of one tenant. Guarded by the projection's mutex.
class Projection::Tenant {
 public:
  Tenant() { XXH3_128bits_reset(history_.get()); }

  void Apply(const Change& change) {
    ++changes_;
    if (change.kind() == Change::KIND_ERASED) {
      Erase(change);
    } else if (change.has_customer_link()) {
      ApplyLink(change);
    } else {
      ApplySignal(change);
    }
  }

  const columns::EventStore& interactions() const { return interactions_; }
  bool HasSource(absl::string_view source) const {
    const columns::Id id = sources_.Find(source);
    return id != columns::kNone && signals_of_[id] > 0;
  }
  int64_t changes() const { return changes_; }
  int64_t signals() const { return signals_; }

  std::string version() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(history_.get());
    return absl::StrCat(absl::Hex(hash.high64, absl::kZeroPad16),
                        absl::Hex(hash.low64, absl::kZeroPad16));
  }

 private:
  struct FreeHash {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };

  /// Linked customers are one case, under the smallest of their ids.
  void ApplyLink(const Change& change) {
    const feedback::v1::CustomerLink& link = change.customer_link();
    columns::CustomerGroups::Moves moves;
    if (!groups_.Say(link.customer(), link.linked_customer(), change.kind() == Change::KIND_LINKED,
                     link.revision(), &moves)) {
      return;
    }
    // An erasure tells the number alone, also of who has no signals.
    customers_[change.customer_hash()].name = link.customer();
    customers_[change.linked_customer_hash()].name = link.linked_customer();
    Regroup(moves);
    if (!moves.empty()) Remember({change.position(), link.SerializeAsString()});
  }

  void Regroup(const columns::CustomerGroups::Moves& moves) {
    for (const auto& [customer, as] : moves) interactions_.CountAs(customer, as);
  }

  void ApplySignal(const Change& change) {
    const Signal& signal = change.signal();
    const columns::EventKey key = KeyOf(signal);
    Known& known = known_[key];
    if (known.rank == 0) known.rank = known_.size();
    const bool finished =
        signal.survey_response().completion() != feedback::v1::SurveyResponse::COMPLETION_PARTIAL;
    const Known::Stamp stamp = {finished, signal.revision(),
                                change.enrichment().catalogue_revision(),
                                change.enrichment().correction_revision()};
    if (stamp <= known.stamp) return;
    known.stamp = stamp;
    Count(change, known);
    const uint64_t before = interactions_.version();
    if (known.counts && signal.has_interaction()) {
      Append(key, known.rank, change);
    } else {
      interactions_.Remove(key);
    }
    if (interactions_.version() != before) {
      Remember({change.position(), std::string(TouchpointOf(change)), signal.SerializeAsString()});
    }
  }

  /// What is known of a customer, by Change.customer_hash.
  struct Customer {
    std::string name;
    /// Signals that count.
    int64_t signals = 0;
  };

  /// Keeps the number of signals that count, in all, by source and by customer.
  void Count(const Change& change, Known& known) {
    if (known.counts) Uncount(known);
    const Signal& signal = change.signal();
    if (signal.deleted() || WasErased(change)) return;
    known.counts = true;
    known.customer = change.customer_hash();
    known.source = sources_.Intern(signal.source());
    if (known.source >= signals_of_.size()) signals_of_.resize(known.source + 1);
    ++signals_;
    ++signals_of_[known.source];
    if (known.customer == 0) return;
    Customer& customer = customers_[known.customer];
    if (customer.name.empty()) customer.name = signal.customer();
    ++customer.signals;
  }

  void Uncount(Known& known) {
    known.counts = false;
    --signals_;
    --signals_of_[known.source];
    if (const auto it = customers_.find(known.customer); it != customers_.end()) {
      --it->second.signals;
    }
  }

  /// Whether the signal is one of those that the erasure of its customer dropped.
  bool WasErased(const Change& change) const {
    const auto it = erased_.find(change.customer_hash());
    return it != erased_.end() && change.position() < it->second;
  }

  /// The customer's signals no longer count; of each its key stays, so that an older revision that
  /// was another's does not count again.
  void Erase(const Change& change) {
    std::string& position = erased_[change.customer_hash()];
    position = std::max(position, change.position());
    const auto customer = customers_.find(change.customer_hash());
    if (customer == customers_.end()) return;
    if (customer->second.signals > 0) {
      for (auto& [key, known] : known_) {
        if (known.counts && known.customer == change.customer_hash()) Uncount(known);
      }
    }
    const uint64_t before = interactions_.version();
    interactions_.Erase(customer->second.name);
    columns::CustomerGroups::Moves moves;
    groups_.Forget(customer->second.name, &moves);
    Regroup(moves);
    customers_.erase(customer);
    if (interactions_.version() != before) {
      Remember({change.position(), absl::StrCat(change.customer_hash())});
    }
  }

  void Append(columns::EventKey key, uint64_t rank, const Change& change) {
    const Signal& signal = change.signal();
    attributes_.clear();
    for (const common::v1::Attribute& attribute : signal.attributes()) {
      attributes_.emplace_back(attribute.key(), attribute.value());
    }
    interactions_.Append({.key = key,
                          .revision = static_cast<uint64_t>(signal.revision()),
                          .customer = signal.customer(),
                          .session = signal.interaction().session(),
                          .activity = signal.interaction().activity(),
                          .touchpoint = TouchpointOf(change),
                          .channel = signal.interaction().channel(),
                          .source = signal.source(),
                          .time_micros = MicrosOf(signal.event_time()),
                          .sequence = signal.sequence(),
                          .position = rank,
                          .attributes = attributes_});
  }

  /// Adds a change that took effect to the history, whose hash is the version. Neither a counter
  /// nor the feed's position would do in the keys of a cache that outlives this process or is
  /// shared by several: a counter starts again with the process, and positions start again when
  /// feedback's database is replaced. Where changes stand in the feed is part of it, because it
  /// decides the order of ties.
  void Remember(const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
      const uint64_t size = part.size();
      XXH3_128bits_update(history_.get(), &size, sizeof(size));
      XXH3_128bits_update(history_.get(), part.data(), part.size());
    }
  }

  columns::EventStore interactions_;
  columns::CustomerGroups groups_;
  absl::flat_hash_map<columns::EventKey, Known> known_;
  columns::Dictionary sources_;
  /// By source.
  std::vector<int64_t> signals_of_;
  absl::flat_hash_map<uint64_t, Customer> customers_;
  /// Where in the feed customers were erased.
  absl::flat_hash_map<uint64_t, std::string> erased_;
  int64_t signals_ = 0;
  int64_t changes_ = 0;
  std::unique_ptr<XXH3_state_t, FreeHash> history_{XXH3_createState()};
  /// Reused from call to call.
  std::vector<std::pair<absl::string_view, absl::string_view>> attributes_;
};

Projection::Projection() = default;
Projection::~Projection() = default;

absl::StatusOr<std::string> Projection::Cursor() {
  absl::ReaderMutexLock lock(&mutex_);
  return cursor_;
}

absl::Status Projection::Apply(const feedback::v1::PullFeedResponse& page) {
  absl::MutexLock lock(&mutex_);
  for (const Change& change : page.changes()) {
    std::unique_ptr<Tenant>& tenant = tenants_[change.tenant()];
    if (tenant == nullptr) tenant = std::make_unique<Tenant>();
    tenant->Apply(change);
  }
  cursor_ = page.next_cursor();
  return absl::OkStatus();
}

absl::StatusOr<Projection::State> Projection::Capture(
    absl::string_view tenant, const std::vector<std::string>& sources) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = tenants_.find(tenant);
  for (const std::string& source : sources) {
    if (it == tenants_.end() || !it->second->HasSource(source)) {
      return errors::SourceNotFound(source);
    }
  }
  if (it == tenants_.end()) return State{cursor_, "", columns::EventStore().GetSnapshot()};
  return State{cursor_, it->second->version(), it->second->interactions().GetSnapshot()};
}

Projection::Counts Projection::CountsOf(absl::string_view tenant) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = tenants_.find(tenant);
  if (it == tenants_.end()) return {cursor_};
  return {cursor_, it->second->changes(), it->second->signals()};
}

}  // namespace waymark::journey
