#include "libs/columns/dictionary.h"

#include <algorithm>

namespace waymark::columns {
namespace {

bool Keeps(const std::vector<bool>& keep, size_t id) { return id < keep.size() && keep[id]; }

/// Sorts by key and leaves the last given value of each.
void Normalize(AttributeSets::Set* set) {
  std::stable_sort(set->begin(), set->end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto kept = std::unique(set->rbegin(), set->rend(),
                                [](const auto& a, const auto& b) { return a.first == b.first; });
  set->erase(set->begin(), kept.base());
}

}  // namespace

Dictionary::Dictionary() { Intern(""); }

Id Dictionary::Intern(absl::string_view text) {
  absl::MutexLock lock(&mutex_);
  const auto [it, inserted] = ids_.try_emplace(text, static_cast<Id>(names_.size()));
  if (inserted) names_.push_back(&it->first);
  return it->second;
}

Id Dictionary::Find(absl::string_view text) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = ids_.find(text);
  return it == ids_.end() ? kNone : it->second;
}

std::string Dictionary::Name(Id id) const {
  absl::ReaderMutexLock lock(&mutex_);
  return id < names_.size() && names_[id] != nullptr ? *names_[id] : "";
}

std::vector<std::string> Dictionary::Names() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::string> names(names_.size());
  for (size_t id = 0; id < names_.size(); ++id) {
    if (names_[id] != nullptr) names[id] = *names_[id];
  }
  return names;
}

Id Dictionary::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return static_cast<Id>(names_.size());
}

void Dictionary::Forget(Id id) {
  absl::MutexLock lock(&mutex_);
  ForgetLocked(id);
}

void Dictionary::ForgetAllBut(const std::vector<bool>& keep) {
  absl::MutexLock lock(&mutex_);
  for (Id id = 0; id < names_.size(); ++id) {
    if (!Keeps(keep, id)) ForgetLocked(id);
  }
}

void Dictionary::ForgetLocked(Id id) {
  if (id == kNone || id >= names_.size() || names_[id] == nullptr) return;
  const auto it = ids_.find(*names_[id]);
  names_[id] = nullptr;
  ids_.erase(it);
}

AttributeSets::AttributeSets() { Intern({}); }

Id AttributeSets::Intern(Set set) {
  Normalize(&set);
  absl::MutexLock lock(&mutex_);
  const auto [it, inserted] = ids_.try_emplace(std::move(set), static_cast<Id>(sets_.size()));
  if (inserted) sets_.push_back(&it->first);
  return it->second;
}

std::vector<bool> AttributeSets::Matching(absl::Span<const std::pair<Id, Id>> wanted) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<bool> matching(sets_.size());
  for (size_t id = 0; id < sets_.size(); ++id) {
    if (sets_[id] == nullptr) continue;
    matching[id] = std::all_of(wanted.begin(), wanted.end(), [&](const std::pair<Id, Id>& pair) {
      return std::binary_search(sets_[id]->begin(), sets_[id]->end(), pair);
    });
  }
  return matching;
}

std::vector<Id> AttributeSets::ValuesOf(Id key) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<Id> values(sets_.size(), kNone);
  for (size_t id = 0; id < sets_.size(); ++id) {
    if (sets_[id] == nullptr) continue;
    for (const auto& [set_key, value] : *sets_[id]) {
      if (set_key == key) values[id] = value;
    }
  }
  return values;
}

std::vector<bool> AttributeSets::ForgetAllBut(const std::vector<bool>& keep) {
  absl::MutexLock lock(&mutex_);
  std::vector<bool> used_values;
  for (size_t id = 0; id < sets_.size(); ++id) {
    if (sets_[id] == nullptr) continue;
    if (id != kNone && !Keeps(keep, id)) {
      const auto it = ids_.find(*sets_[id]);
      sets_[id] = nullptr;
      ids_.erase(it);
      continue;
    }
    for (const auto& [key, value] : *sets_[id]) {
      if (value >= used_values.size()) used_values.resize(value + 1);
      used_values[value] = true;
    }
  }
  return used_values;
}

}  // namespace waymark::columns
