#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace waymark::columns {

/// Which customer ids are the same person, as links say: each group counts as the smallest of its
/// ids, byte by byte. What it says depends only on the newest of what was said of each pair, not on
/// the order in which that came. Not thread-safe.
class CustomerGroups {
 public:
  /// An id and the one as which it counts from now on.
  using Moves = std::vector<std::pair<std::string, std::string>>;

  /// Takes in that two ids are, or are not, the same person, and adds to *moves those that count as
  /// another one than before. False: something of an equal or higher revision is known of the pair.
  bool Say(absl::string_view one, absl::string_view other, bool linked, int64_t revision,
           Moves* moves);

  /// Forgets that anything was said of `customer`: as if no link had ever named it. Adds to *moves
  /// others that count as another one than before. Its name is gone; what stays is a hash of each
  /// pair, so that what was said of it does not count again.
  void Forget(const std::string& customer, Moves* moves);

  /// The id as which `customer` counts: its own when it is not linked. A view into this object or
  /// of `customer`.
  absl::string_view CanonicalOf(absl::string_view customer) const;

 private:
  using Neighbours = absl::flat_hash_map<std::string, absl::btree_set<std::string>>;

  /// `customer` and all that are linked to it, over others too.
  absl::btree_set<std::string> GroupOf(const std::string& customer) const;
  void Disconnect(const std::string& from, const std::string& to);
  void Regroup(const std::string& customer, Moves* moves);

  Neighbours neighbours_;
  /// Of linked ids that count as another one.
  absl::flat_hash_map<std::string, std::string> canonical_;
  /// By a hash of the pair, so that what was unlinked leaves no name behind.
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int64_t> revisions_;
};

}  // namespace waymark::columns
