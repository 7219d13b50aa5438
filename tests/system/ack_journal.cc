#include "tests/system/ack_journal.h"

#include <algorithm>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/system/signals.h"

namespace waymark::system_test {
namespace {

using feedback::v1::Change;
using feedback::v1::IngestOutcome;
using feedback::v1::StoredSignal;
using google::protobuf::util::MessageDifferencer;

std::string Name(const SignalId& id) {
  return absl::StrCat(id.source, "/", id.external_id, "@", id.revision);
}

SignalId IdOf(const feedback::v1::Signal& signal) {
  return {signal.source(), signal.external_id(), signal.revision()};
}

}  // namespace

feedback::v1::Signal SignalId::Make() const { return MakeSignal(source, external_id, revision); }

void AckJournal::Sent(const std::vector<SignalId>& batch) {
  absl::MutexLock lock(&mutex_);
  for (const SignalId& id : batch) {
    Key& key = Of(id);
    if (key.sent != id.revision) key.attempts = 0, key.acknowledged = false;
    key.sent = id.revision;
    ++key.attempts;
  }
}

IngestOutcome AckJournal::Expected(const Key& key) {
  if (key.acknowledged) return feedback::v1::INGEST_OUTCOME_DUPLICATE;
  if (key.attempts > 1) return feedback::v1::INGEST_OUTCOME_UNSPECIFIED;
  return key.known >= 0 ? feedback::v1::INGEST_OUTCOME_UPDATED
                        : feedback::v1::INGEST_OUTCOME_RECORDED;
}

void AckJournal::Acknowledged(const std::vector<SignalId>& batch,
                              const feedback::v1::IngestResponse& answer) {
  absl::MutexLock lock(&mutex_);
  ASSERT_EQ(answer.outcomes_size(), static_cast<int>(batch.size()));
  for (size_t i = 0; i < batch.size(); ++i) {
    Key& key = Of(batch[i]);
    const IngestOutcome outcome = answer.outcomes(static_cast<int>(i));
    const IngestOutcome expected = Expected(key);
    const bool unknown_before = outcome == feedback::v1::INGEST_OUTCOME_RECORDED;
    const bool possible =
        expected == feedback::v1::INGEST_OUTCOME_UNSPECIFIED
            ? outcome == feedback::v1::INGEST_OUTCOME_DUPLICATE ||
                  (unknown_before ? key.known < 0 : outcome == feedback::v1::INGEST_OUTCOME_UPDATED)
            : outcome == expected;
    EXPECT_TRUE(possible) << Name(batch[i]) << " was acknowledged as "
                          << feedback::v1::IngestOutcome_Name(outcome) << "; known revision "
                          << key.known << ", sent " << key.attempts << " times";
    if (!key.acknowledged) awaited_.insert(batch[i]);
    acknowledged_ += key.acknowledged ? 0 : 1;
    key.acknowledged = true;
    key.known = batch[i].revision;
  }
  position_ = std::max(position_, answer.position());
}

void AckJournal::Acknowledged(const std::vector<SignalId>& stream,
                              const feedback::v1::StreamIngestResponse& answer) {
  absl::MutexLock lock(&mutex_);
  const auto& counts = answer.counts();
  std::map<IngestOutcome, int64_t> expected;
  for (const SignalId& id : stream) {
    Key& key = Of(id);
    ++expected[Expected(key)];
    if (!key.acknowledged) awaited_.insert(id);
    acknowledged_ += key.acknowledged ? 0 : 1;
    key.acknowledged = true;
    key.known = id.revision;
  }
  EXPECT_EQ(counts.recorded() + counts.updated() + counts.duplicate(),
            static_cast<int64_t>(stream.size()))
      << counts.ShortDebugString();
  EXPECT_GE(counts.recorded(), expected[feedback::v1::INGEST_OUTCOME_RECORDED]);
  EXPECT_GE(counts.updated(), expected[feedback::v1::INGEST_OUTCOME_UPDATED]);
  EXPECT_GE(counts.duplicate(), expected[feedback::v1::INGEST_OUTCOME_DUPLICATE]);
  position_ = std::max(position_, answer.position());
}

void AckJournal::SeenInFeed(const std::vector<Change>& changes) {
  absl::MutexLock lock(&mutex_);
  for (const Change& change : changes) {
    const SignalId id = IdOf(change.signal());
    const auto it = keys_.find({id.source, id.external_id});
    if (it == keys_.end() || id.revision > it->second.sent) {
      ADD_FAILURE() << Name(id) << " was never sent";
      continue;
    }
    Key& key = it->second;
    if (id.revision <= key.in_feed) {
      ++twice_;
      ADD_FAILURE() << Name(id) << " stands in the feed after revision " << key.in_feed;
    }
    EXPECT_EQ(change.kind() == Change::KIND_RECORDED, key.in_feed < 0 && !change.signal().deleted())
        << Name(id) << ": " << Change::Kind_Name(change.kind());
    EXPECT_TRUE(MessageDifferencer::Equals(change.signal(), id.Make()))
        << change.signal().ShortDebugString() << " is not what was sent";
    ++in_feed_;
    key.in_feed = id.revision;
    key.deleted = change.kind() == Change::KIND_DELETED;
    key.position = change.position();
    awaited_.erase(id);
  }
}

void AckJournal::Verify(FeedbackClient& client, const std::vector<std::string>& sources, int gets) {
  std::string position;
  {
    absl::MutexLock lock(&mutex_);
    position = position_;
  }
  const auto changes = client.Pull(&cursor_, position);
  if (!changes.has_value()) return;  // what could not be read is not lost
  SeenInFeed(*changes);
  CheckFeed();
  CheckGet(client, gets);
  for (const std::string& source : sources) CheckIndex(client, source);
  CheckDuplicates(client, gets);
}

void AckJournal::CheckFeed() {
  absl::MutexLock lock(&mutex_);
  for (const SignalId& id : awaited_) {
    if (Of(id).in_feed >= id.revision) continue;  // it was there before its answer came
    ++lost_;
    ADD_FAILURE() << Name(id) << " was acknowledged and is not in the feed";
  }
  awaited_.clear();
}

std::vector<SignalId> AckJournal::SomeAcknowledged(int count) {
  absl::MutexLock lock(&mutex_);
  std::mt19937_64 random(++draws_);
  std::vector<SignalId> drawn;
  std::vector<Keys::const_iterator> all;
  all.reserve(keys_.size());
  for (auto it = keys_.begin(); it != keys_.end(); ++it) {
    if (it->second.acknowledged) all.push_back(it);
  }
  std::shuffle(all.begin(), all.end(), random);
  for (const auto& it : all) {
    if (static_cast<int>(drawn.size()) == count) break;
    drawn.push_back({it->first.first, it->first.second, it->second.known});
  }
  return drawn;
}

void AckJournal::CheckGet(FeedbackClient& client, int gets) {
  for (const SignalId& id : SomeAcknowledged(gets)) {
    const std::optional<StoredSignal> stored = client.Get(id.source, id.external_id);
    const feedback::v1::Signal sent = id.Make();
    EXPECT_EQ(stored.has_value(), !sent.deleted()) << Name(id);
    if (!stored.has_value()) continue;
    EXPECT_TRUE(MessageDifferencer::Equals(stored->signal(), sent))
        << Name(id) << " is read as " << stored->signal().ShortDebugString();
    absl::MutexLock lock(&mutex_);
    EXPECT_EQ(stored->position(), Of(id).position) << Name(id);
  }
}

void AckJournal::CheckIndex(FeedbackClient& client, const std::string& source) {
  std::set<std::pair<std::string, std::string>> expected, listed;
  {
    absl::MutexLock lock(&mutex_);
    for (auto it = keys_.lower_bound({source, ""}); it != keys_.end(); ++it) {
      if (it->first.first != source) break;
      const Key& key = it->second;
      if (key.in_feed < 0 || key.deleted) continue;
      expected.emplace(absl::StrCat(it->first.second, "@", key.in_feed), key.position);
    }
  }
  for (const StoredSignal& one : client.List(absl::StrCat("source = \"", source, "\""), cursor_)) {
    const std::string id = absl::StrCat(one.signal().external_id(), "@", one.signal().revision());
    EXPECT_TRUE(listed.emplace(id, one.position()).second) << id << " is listed twice";
  }
  EXPECT_EQ(listed, expected) << "the index and the feed differ on source " << source;
}

void AckJournal::CheckDuplicates(FeedbackClient& client, int count) {
  const std::vector<SignalId> again = SomeAcknowledged(count);
  if (again.empty()) return;
  std::vector<feedback::v1::Signal> signals;
  for (const SignalId& id : again) signals.push_back(id.Make());
  Sent(again);
  feedback::v1::IngestResponse answer;
  const grpc::Status status = client.Ingest(signals, &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  Acknowledged(again, answer);
}

int64_t AckJournal::acknowledged() const {
  absl::MutexLock lock(&mutex_);
  return acknowledged_;
}

int64_t AckJournal::lost() const {
  absl::MutexLock lock(&mutex_);
  return lost_;
}

int64_t AckJournal::twice() const {
  absl::MutexLock lock(&mutex_);
  return twice_;
}

int64_t AckJournal::in_feed() const {
  absl::MutexLock lock(&mutex_);
  return in_feed_;
}

}  // namespace waymark::system_test
