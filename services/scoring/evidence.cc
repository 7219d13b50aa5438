#include "services/scoring/evidence.h"

#include <xxhash.h>

#include <algorithm>

#include "absl/hash/hash.h"

namespace waymark::scoring {
namespace {

/// Comments are shown as examples: this much of one is enough.
constexpr size_t kMaxCommentBytes = 280;
/// Only what goes with a rating below this (of 1..100) is kept as a comment.
constexpr double kLowScore = 51;
constexpr size_t kMinRetiredRows = 4096;

// At most `limit` bytes, cut between characters.
std::string Shorten(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (text[limit] & 0xC0) == 0x80) --limit;
  return std::string(text.substr(0, limit)) + "...";
}

uint64_t FormOf(const SignalEvidence::Rating& rating) {
  // Adding 0 makes one of the two zeros.
  const double parts[] = {rating.scale.min + 0.0, rating.scale.max + 0.0,
                          rating.scale.higher_is_better ? 1.0 : 0.0,
                          static_cast<double>(rating.kind)};
  return XXH3_64bits_withSeed(rating.version.data(), rating.version.size(),
                              XXH3_64bits(parts, sizeof(parts)));
}

// Moves the rows of each range that count to the front, in the order of the ranges.
template <typename Row, typename Ranges>
void CompactRows(std::vector<Row>* rows, Ranges&& ranges) {
  std::vector<Row> kept;
  for (auto* range : ranges) {
    const auto begin = static_cast<uint32_t>(kept.size());
    std::move(rows->begin() + range->begin, rows->begin() + range->begin + range->count,
              std::back_inserter(kept));
    range->begin = begin;
  }
  *rows = std::move(kept);
}

}  // namespace

void Evidence::Apply(const SignalEvidence& signal) {
  absl::MutexLock lock(&mutex_);
  const Key key = {absl::HashOf(signal.source, signal.external_id, 1),
                   absl::HashOf(signal.external_id, signal.source, 2)};
  Entry& entry = entries_[key];
  const std::tuple stamp = {signal.finished, signal.revision, signal.catalogue_revision,
                            signal.correction_revision};
  if (stamp <= entry.stamp) return;
  Retire(&entry);
  entry = Entry{.stamp = stamp, .counts = !signal.deleted && !WasErased(signal)};
  if (entry.counts) {
    Insert(signal, &entry);
    ++data_.signals;
  }
  Note(signal.position, signal.fingerprint);
  CompactIfWorthwhile();
}

void Evidence::Apply(const LinkEvidence& link) {
  absl::MutexLock lock(&mutex_);
  columns::CustomerGroups::Moves moves;
  if (!groups_.Say(link.customer, link.linked_customer, link.linked, link.revision, &moves)) return;
  // An erasure tells the number alone, also of who has no signals.
  customers_[link.customer_hash].id = data_.customers.Intern(link.customer);
  customers_[link.linked_customer_hash].id = data_.customers.Intern(link.linked_customer);
  Regroup(moves);
  if (!moves.empty()) Note(link.position, link.fingerprint);
}

void Evidence::Regroup(const columns::CustomerGroups::Moves& moves) {
  for (const auto& [customer, as] : moves) {
    const Id id = data_.customers.Intern(customer);
    const Id person = data_.customers.Intern(as);
    while (data_.persons.size() <= std::max(id, person)) {
      data_.persons.push_back(static_cast<Id>(data_.persons.size()));
    }
    data_.persons[id] = person;
  }
}

void Evidence::Note(const std::string& position, uint64_t fingerprint) {
  data_.position = std::max(data_.position, position);
  data_.version = XXH3_64bits_withSeed(&fingerprint, sizeof(fingerprint), data_.version);
}

bool Evidence::WasErased(const SignalEvidence& signal) const {
  const auto it = erased_.find(signal.customer_hash);
  return it != erased_.end() && signal.position < it->second;
}

void Evidence::Erase(const ErasedCustomer& erased) {
  absl::MutexLock lock(&mutex_);
  std::string& position = erased_[erased.customer_hash];
  position = std::max(position, erased.position);
  const auto customer = customers_.find(erased.customer_hash);
  if (customer == customers_.end()) return;
  if (customer->second.signals > 0) {
    // Of each the key stays, so that an older revision that was another's does not count again.
    for (auto& [key, entry] : entries_) {
      if (!entry.counts || entry.customer != erased.customer_hash) continue;
      for (uint32_t i = 0; i < entry.comments.count; ++i) {
        data_.comments[entry.comments.begin + i].text.clear();
      }
      Retire(&entry);
      entry = Entry{.stamp = entry.stamp};
    }
  }
  columns::CustomerGroups::Moves moves;
  groups_.Forget(std::string(data_.customers.Name(customer->second.id)), &moves);
  Regroup(moves);
  data_.customers.Forget(customer->second.id);
  customers_.erase(customer);
  data_.latest_micros = std::numeric_limits<int64_t>::min();
  for (const auto& [hash, other] : customers_) {
    data_.latest_micros = std::max(data_.latest_micros, other.latest_micros);
  }
  SweepAttributes();
  Note(erased.position, erased.fingerprint);
  CompactIfWorthwhile();
}

void Evidence::SweepAttributes() {
  std::vector<bool> used;
  const auto mark = [&used](const auto& rows) {
    for (const auto& row : rows) {
      if (!row.counts) continue;
      if (row.attributes >= used.size()) used.resize(row.attributes + 1);
      used[row.attributes] = true;
    }
  };
  mark(data_.ratings);
  mark(data_.interactions);
  data_.attribute_values.ForgetAllBut(data_.attributes.ForgetAllBut(used));
}

void Evidence::Read(absl::FunctionRef<void(const EvidenceData&)> read) const {
  absl::ReaderMutexLock lock(&mutex_);
  read(data_);
}

void Evidence::Insert(const SignalEvidence& signal, Entry* entry) {
  const Id source = data_.sources.Intern(signal.source);
  const Id customer = data_.customers.Intern(signal.customer);
  const Id attributes = InternAttributes(signal);
  data_.latest_micros = std::max(data_.latest_micros, signal.time_micros);
  entry->source = source;
  entry->customer = signal.customer_hash;
  if (source >= data_.signals_of_source.size()) data_.signals_of_source.resize(source + 1);
  ++data_.signals_of_source[source];
  Customer& known = customers_[signal.customer_hash];
  known.id = customer;
  known.latest_micros = std::max(known.latest_micros, signal.time_micros);
  ++known.signals;
  InsertRatings(signal, attributes, entry);
  if (signal.is_interaction) {
    entry->interactions = {static_cast<uint32_t>(data_.interactions.size()), 1};
    data_.interactions.push_back({.customer = customer,
                                  .touchpoint = data_.touchpoints.Intern(signal.touchpoint),
                                  .source = source,
                                  .attributes = attributes,
                                  .time_micros = signal.time_micros});
  }
  if (signal.stance != Stance::kNone && customer != kNone) {
    entry->observations = {static_cast<uint32_t>(data_.observations.size()), 1};
    data_.observations.push_back({.customer = customer,
                                  .stance = signal.stance,
                                  .confidence = signal.confidence,
                                  .time_micros = signal.time_micros,
                                  .expire_micros = signal.expire_micros});
  }
}

void Evidence::InsertRatings(const SignalEvidence& signal, Id attributes, Entry* entry) {
  const Id source = data_.sources.Intern(signal.source);
  const Id customer = data_.customers.Find(signal.customer);
  const Id respondent = customer != kNone ? customer : next_anonymous_++;
  entry->ratings.begin = static_cast<uint32_t>(data_.ratings.size());
  entry->comments.begin = static_cast<uint32_t>(data_.comments.size());
  // By touchpoint, the lowest score given: what its comments are about.
  absl::flat_hash_map<Id, double> lowest;
  for (const SignalEvidence::Rating& rating : signal.ratings) {
    const auto score = rating.rated ? stats::AnswerScore(rating.value, rating.scale) : 0.0;
    // The accept path quarantines what is off its scale, so this passes nothing over silently.
    if (!score.ok()) continue;
    const Id touchpoint = data_.touchpoints.Intern(rating.touchpoint);
    const uint32_t question = QuestionIndex(source, rating);
    ++data_.questions[question].rows;
    data_.ratings.push_back({.question = question,
                             .respondent = respondent,
                             .touchpoint = touchpoint,
                             .attributes = attributes,
                             .time_micros = signal.time_micros,
                             .value = rating.value,
                             .score = *score,
                             .weight = signal.weight,
                             .rated = rating.rated});
    if (!rating.rated || touchpoint == kNone) continue;
    const auto [it, is_first] = lowest.try_emplace(touchpoint, *score);
    if (!is_first) it->second = std::min(it->second, *score);
  }
  entry->ratings.count = static_cast<uint32_t>(data_.ratings.size()) - entry->ratings.begin;
  for (const SignalEvidence::Comment& comment : signal.comments) {
    const Id touchpoint = data_.touchpoints.Find(comment.touchpoint);
    const auto rated = lowest.find(touchpoint);
    if (rated == lowest.end() || rated->second >= kLowScore) continue;
    data_.comments.push_back({.touchpoint = touchpoint,
                              .source = source,
                              .time_micros = signal.time_micros,
                              .score = rated->second,
                              .text = Shorten(comment.text, kMaxCommentBytes)});
  }
  entry->comments.count = static_cast<uint32_t>(data_.comments.size()) - entry->comments.begin;
}

uint32_t Evidence::QuestionIndex(Id source, const SignalEvidence::Rating& rating) {
  const uint64_t form = FormOf(rating);
  const uint64_t wording =
      rating.text.empty() ? 0 : XXH3_64bits(rating.text.data(), rating.text.size());
  const auto [it, is_new] = question_index_.try_emplace(
      {source, rating.question, form, wording}, static_cast<uint32_t>(data_.questions.size()));
  if (is_new) {
    data_.questions.push_back({.source = source,
                               .id = rating.question,
                               .kind = rating.kind,
                               .scale = rating.scale,
                               .version = rating.version,
                               .text = Shorten(rating.text, kMaxWordingBytes),
                               .form = form,
                               .wording = wording});
  }
  return it->second;
}

Id Evidence::InternAttributes(const SignalEvidence& signal) {
  columns::AttributeSets::Set set;
  set.reserve(signal.attributes.size());
  for (const auto& [key, value] : signal.attributes) {
    set.emplace_back(data_.attribute_keys.Intern(key), data_.attribute_values.Intern(value));
  }
  return data_.attributes.Intern(std::move(set));
}

void Evidence::Retire(Entry* entry) {
  const auto retire = [this](auto& rows, const Range& range) {
    for (uint32_t i = range.begin; i < range.begin + range.count; ++i) rows[i].counts = false;
    retired_ += range.count;
  };
  if (entry->counts) {
    --data_.signals;
    --data_.signals_of_source[entry->source];
    if (const auto it = customers_.find(entry->customer); it != customers_.end()) {
      --it->second.signals;
    }
    for (uint32_t i = 0; i < entry->ratings.count; ++i) {
      --data_.questions[data_.ratings[entry->ratings.begin + i].question].rows;
    }
  }
  retire(data_.ratings, entry->ratings);
  retire(data_.comments, entry->comments);
  retire(data_.interactions, entry->interactions);
  retire(data_.observations, entry->observations);
}

void Evidence::CompactIfWorthwhile() {
  const size_t rows = data_.ratings.size() + data_.comments.size() + data_.interactions.size() +
                      data_.observations.size();
  if (retired_ < kMinRetiredRows || retired_ < rows / 2) return;
  std::vector<Range*> ratings, comments, interactions, observations;
  for (auto& [key, entry] : entries_) {
    ratings.push_back(&entry.ratings);
    comments.push_back(&entry.comments);
    interactions.push_back(&entry.interactions);
    observations.push_back(&entry.observations);
  }
  CompactRows(&data_.ratings, ratings);
  CompactRows(&data_.comments, comments);
  CompactRows(&data_.interactions, interactions);
  CompactRows(&data_.observations, observations);
  retired_ = 0;
}

}  // namespace waymark::scoring
