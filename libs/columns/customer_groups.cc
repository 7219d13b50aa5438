#include "libs/columns/customer_groups.h"

#include <algorithm>

#include "absl/hash/hash.h"

namespace waymark::columns {

bool CustomerGroups::Say(absl::string_view one, absl::string_view other, bool linked,
                         int64_t revision, Moves* moves) {
  const auto [low, high] = std::minmax(one, other);
  const std::pair<uint64_t, uint64_t> pair = {absl::HashOf(low, high, 1),
                                              absl::HashOf(high, low, 2)};
  const auto [said, is_new] = revisions_.try_emplace(pair, revision);
  if (!is_new) {
    if (revision <= said->second) return false;
    said->second = revision;
  }
  const std::string a(low), b(high);
  if (linked && a != b) {
    neighbours_[a].insert(b);
    neighbours_[b].insert(a);
    Regroup(a, moves);
  } else if (!linked) {
    Disconnect(a, b);
    Disconnect(b, a);
    Regroup(a, moves);
    Regroup(b, moves);
  }
  return true;
}

void CustomerGroups::Forget(const std::string& customer, Moves* moves) {
  canonical_.erase(customer);
  const auto node = neighbours_.extract(customer);
  if (node.empty()) return;
  for (const std::string& neighbour : node.mapped()) Disconnect(neighbour, customer);
  for (const std::string& neighbour : node.mapped()) Regroup(neighbour, moves);
}

void CustomerGroups::Disconnect(const std::string& from, const std::string& to) {
  const auto known = neighbours_.find(from);
  if (known == neighbours_.end()) return;
  known->second.erase(to);
  if (known->second.empty()) neighbours_.erase(known);
}

absl::string_view CustomerGroups::CanonicalOf(absl::string_view customer) const {
  const auto known = canonical_.find(customer);
  return known == canonical_.end() ? customer : absl::string_view(known->second);
}

absl::btree_set<std::string> CustomerGroups::GroupOf(const std::string& customer) const {
  absl::btree_set<std::string> group = {customer};
  std::vector<std::string> waiting = {customer};
  while (!waiting.empty()) {
    const auto known = neighbours_.find(waiting.back());
    waiting.pop_back();
    if (known == neighbours_.end()) continue;
    for (const std::string& neighbour : known->second) {
      if (group.insert(neighbour).second) waiting.push_back(neighbour);
    }
  }
  return group;
}

void CustomerGroups::Regroup(const std::string& customer, Moves* moves) {
  const absl::btree_set<std::string> group = GroupOf(customer);
  const std::string& canonical = *group.begin();
  for (const std::string& member : group) {
    if (CanonicalOf(member) == canonical) continue;
    moves->emplace_back(member, canonical);
    if (member == canonical) {
      canonical_.erase(member);
    } else {
      canonical_[member] = canonical;
    }
  }
}

}  // namespace waymark::columns
