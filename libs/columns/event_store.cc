#include "libs/columns/event_store.h"

#include <limits>

namespace waymark::columns {
namespace {

constexpr uint64_t kNoRow = std::numeric_limits<uint64_t>::max();

void Mark(Id id, std::vector<bool>* used) {
  if (id >= used->size()) used->resize(id + 1);
  (*used)[id] = true;
}

}  // namespace

EventStore::EventStore()
    : names_(std::make_shared<Dictionaries>()), base_(std::make_shared<const Snapshot>(names_)) {}

bool EventStore::Append(const Event& event) {
  absl::MutexLock lock(&mutex_);
  const auto [it, is_new] = index_.try_emplace(event.key, Entry{kNoRow, event.revision});
  Entry& entry = it->second;
  if (!is_new) {
    const bool removed = entry.row == kNoRow;
    if (event.revision < entry.revision) return false;
    if (removed && event.revision == entry.revision) return false;
    if (!removed) changes_.dead_rows.insert(entry.row);
  }
  entry = {next_row_++, event.revision};
  changes_.tail.push_back(Encode(event, entry.row));
  ++version_;
  return true;
}

Row EventStore::Encode(const Event& event, uint64_t row_id) {
  AttributeSets::Set attributes;
  attributes.reserve(event.attributes.size());
  for (const auto& [key, value] : event.attributes) {
    if (key.empty() || value.empty()) continue;
    attributes.emplace_back(names_->attribute_keys.Intern(key),
                            names_->attribute_values.Intern(value));
  }
  return {.time = event.time_micros,
          .sequence = event.sequence,
          .position = event.position,
          .row_id = row_id,
          .customer = names_->customers.Intern(event.customer),
          .session = names_->sessions.Intern(event.session),
          .activity = names_->activities.Intern(event.activity),
          .touchpoint = names_->touchpoints.Intern(event.touchpoint),
          .channel = names_->channels.Intern(event.channel),
          .source = names_->sources.Intern(event.source),
          .attributes =
              attributes.empty() ? kNone : names_->attribute_sets.Intern(std::move(attributes))};
}

void EventStore::Remove(EventKey key) {
  absl::MutexLock lock(&mutex_);
  const auto it = index_.find(key);
  if (it == index_.end() || it->second.row == kNoRow) return;
  changes_.dead_rows.insert(it->second.row);
  it->second.row = kNoRow;
  ++version_;
}

void EventStore::CountAs(absl::string_view customer, absl::string_view as) {
  absl::MutexLock lock(&mutex_);
  const Id id = names_->customers.Intern(customer);
  const Id target = names_->customers.Intern(as);
  if (id == kNone || target == kNone || GroupOf(aliases_, id) == target) return;
  changes_.regrouped_customers.insert(GroupOf(aliases_, id));
  if (id == target) {
    aliases_.erase(id);
  } else {
    aliases_[id] = target;
  }
  ++version_;
}

void EventStore::Erase(absl::string_view customer) {
  absl::MutexLock lock(&mutex_);
  const Id id = names_->customers.Find(customer);
  if (id == kNone) return;
  // Its rows may stand among those of another customer, or others' among its.
  if (!aliases_.empty()) changes_.regrouped_customers.insert(GroupOf(aliases_, id));
  names_->customers.Forget(id);
  changes_.erased_customers.insert(id);
  ++version_;
}

std::shared_ptr<const Snapshot> EventStore::GetSnapshot() const {
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (base_->version() == version_) return base_;
  }
  absl::MutexLock build_lock(&build_mutex_);
  std::shared_ptr<const Snapshot> base;
  Changes changes;
  Snapshot::Edits edits;
  {
    absl::MutexLock lock(&mutex_);
    if (base_->version() == version_) return base_;
    base = base_;
    std::swap(changes, changes_);
    edits.version = version_;
    edits.aliases = aliases_;
  }
  edits.dead = std::move(changes.dead_rows);
  edits.erased = std::move(changes.erased_customers);
  edits.regrouped = std::move(changes.regrouped_customers);
  auto merged = Snapshot::Merge(*base, std::move(changes.tail), edits);
  absl::MutexLock lock(&mutex_);
  base_ = merged;
  if (!edits.erased.empty()) Sweep(*merged);
  return merged;
}

void EventStore::Sweep(const Snapshot& snapshot) const {
  std::vector<bool> sessions, sets;
  for (const Id id : snapshot.columns().session) Mark(id, &sessions);
  for (const Id id : snapshot.columns().attributes) Mark(id, &sets);
  for (const Row& row : changes_.tail) {
    Mark(row.session, &sessions);
    Mark(row.attributes, &sets);
  }
  names_->sessions.ForgetAllBut(sessions);
  names_->attribute_values.ForgetAllBut(names_->attribute_sets.ForgetAllBut(sets));
}

uint64_t EventStore::version() const {
  absl::ReaderMutexLock lock(&mutex_);
  return version_;
}

}  // namespace waymark::columns
