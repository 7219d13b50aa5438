#pragma once

#include <list>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace waymark::sql {

/// The prepared statements of one session, by text; the least recently used one leaves when a
/// further one would exceed `capacity`. Not thread-safe.
template <typename Statement>
class StatementCache {
 public:
  explicit StatementCache(size_t capacity) : capacity_(capacity) {}

  /// Null when unknown; else valid until the next Insert, Erase or Clear.
  Statement* Find(absl::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  /// Makes room for one more and returns what had to leave.
  std::optional<Statement> Evict() {
    if (entries_.size() < capacity_) return std::nullopt;
    std::optional<Statement> evicted = std::move(entries_.back().second);
    index_.erase(entries_.back().first);
    entries_.pop_back();
    return evicted;
  }

  /// `key` must be unknown.
  Statement* Insert(absl::string_view key, Statement statement) {
    entries_.emplace_front(std::string(key), std::move(statement));
    index_.emplace(entries_.front().first, entries_.begin());
    return &entries_.front().second;
  }

  void Erase(absl::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const auto entry = found->second;
    index_.erase(found);
    entries_.erase(entry);
  }

  void Clear() {
    index_.clear();
    entries_.clear();
  }

 private:
  using Entries = std::list<std::pair<std::string, Statement>>;

  const size_t capacity_;
  Entries entries_;
  /// Keys are views of the entries' own.
  absl::flat_hash_map<absl::string_view, typename Entries::iterator> index_;
};

}  // namespace waymark::sql
