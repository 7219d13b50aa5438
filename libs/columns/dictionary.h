#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"

namespace waymark::columns {

/// The number of an interned string or attribute set. 0 always means "none": "" and {}.
using Id = uint32_t;
inline constexpr Id kNone = 0;

/// Strings numbered 0, 1, 2, ... in the order in which they are first seen; "" is 0. Thread-safe.
class Dictionary {
 public:
  Dictionary();

  /// The number of `text`, given now if it has none yet.
  Id Intern(absl::string_view text);

  /// The number of `text`; kNone when it has none.
  Id Find(absl::string_view text) const;

  /// The text of `id`; "" when `id` was forgotten or never given.
  std::string Name(Id id) const;

  /// All texts by id, in one go.
  std::vector<std::string> Names() const;

  /// One more than the highest number given.
  Id size() const;

  /// Removes the text of `id` from memory. The number is not given again.
  void Forget(Id id);

  /// Forgets every id whose entry in `keep` is false or absent.
  void ForgetAllBut(const std::vector<bool>& keep);

 private:
  void ForgetLocked(Id id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::node_hash_map<std::string, Id> ids_ ABSL_GUARDED_BY(mutex_);
  /// Points to the keys of ids_; nullptr once forgotten.
  std::vector<const std::string*> names_ ABSL_GUARDED_BY(mutex_);
};

/// Distinct sets of (key id, value id) pairs, numbered as strings are in a Dictionary, so that a
/// condition on attributes is decided once a set rather than once an event. Thread-safe.
class AttributeSets {
 public:
  /// Sorted by key; one value a key.
  using Set = std::vector<std::pair<Id, Id>>;

  AttributeSets();

  /// The number of `set`, which is sorted here; of equal keys the last given counts.
  Id Intern(Set set);

  /// By set number: whether the set holds every pair of `wanted`.
  std::vector<bool> Matching(absl::Span<const std::pair<Id, Id>> wanted) const;

  /// By set number: the set's value of `key`, kNone where it has none.
  std::vector<Id> ValuesOf(Id key) const;

  /// Forgets every set whose entry in `keep` is false or absent, and returns which value ids the
  /// others use.
  std::vector<bool> ForgetAllBut(const std::vector<bool>& keep);

 private:
  mutable absl::Mutex mutex_;
  absl::node_hash_map<Set, Id> ids_ ABSL_GUARDED_BY(mutex_);
  /// Points to the keys of ids_; nullptr once forgotten.
  std::vector<const Set*> sets_ ABSL_GUARDED_BY(mutex_);
};

/// The numbers behind the columns of one EventStore, shared with its snapshots. Thread-safe.
struct Dictionaries {
  Dictionary customers;
  Dictionary sessions;
  Dictionary activities;
  Dictionary touchpoints;
  Dictionary channels;
  Dictionary sources;
  Dictionary attribute_keys;
  Dictionary attribute_values;
  AttributeSets attribute_sets;
};

}  // namespace waymark::columns
