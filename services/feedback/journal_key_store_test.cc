// The keys of a journal that several replicas write in turns.
#include "services/feedback/journal_key_store.h"

#include <map>
#include <random>
#include <set>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/databases.h"
#include "services/feedback/journal_store.h"

namespace waymark::feedback {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(FingerprintIndexTest, NamesEveryBlockThatWasToldForAKey) {
  std::mt19937_64 random(7);
  FingerprintIndex index;
  std::map<Hash128, std::multiset<uint32_t>> told;
  for (uint32_t block = 0; block < 100'000; ++block) {
    // Few home slots, so that runs are long.
    const Hash128 key = {random() % 4, random() % 20'000 * 257};
    std::multiset<uint32_t>& blocks = told[key];
    if (!blocks.empty() && random() % 2 == 0) {
      ASSERT_TRUE(index.Replace(key, *blocks.begin(), block));
      blocks.erase(blocks.begin());
    } else {
      index.Insert(key, block);
    }
    blocks.insert(block);
  }
  int64_t slots = 0;
  for (const auto& [key, blocks] : told) {
    const FingerprintIndex::Blocks found = index.Find(key);
    EXPECT_EQ(std::multiset<uint32_t>(found.begin(), found.end()), blocks);
    slots += static_cast<int64_t>(blocks.size());
  }
  EXPECT_EQ(index.size(), slots);
}

TEST(FingerprintIndexTest, ConfusesKeysOfOneFingerprintAndReplacesNothingElse) {
  FingerprintIndex index;
  EXPECT_THAT(index.Find({1, 2}), IsEmpty());
  EXPECT_FALSE(index.Replace({1, 2}, 0, 1));
  index.Insert({1, 2}, 10);
  index.Insert({1 + 1024, 2 + (uint64_t{1} << 32)}, 11);
  EXPECT_THAT(index.Find({1, 2}), UnorderedElementsAre(10, 11));
  EXPECT_FALSE(index.Replace({1, 2}, 12, 13));
  EXPECT_TRUE(index.Replace({1, 2}, 10, 13));
  EXPECT_THAT(index.Find({1, 2}), UnorderedElementsAre(13, 11));
  index.Reserve(1'000'000);
  EXPECT_THAT(index.Find({1, 2}), UnorderedElementsAre(13, 11));
}

class JournalKeyStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WM_REQUIRE_BACKEND("postgres");
    database_ = *sql::Database::Open(testing::FreshDatabaseUrl("postgres"));
    store_ = *Store::Open(database_.get());
    for (auto& replica : replicas_) Restart(&replica);
  }

  void Restart(std::unique_ptr<JournalStore>* replica) {
    auto created = JournalStore::Create(store_.get(), Clock::Real());
    ASSERT_TRUE(created.ok()) << created.status();
    *replica = *std::move(created);
  }

  // Keys of which many have the same fingerprint.
  Candidate RandomCandidate() {
    Candidate candidate;
    candidate.key = {random_() % 3 * 1024, random_() % 40 + (random_() % 5 << 32)};
    candidate.content = random_() % 2;
    candidate.revision = static_cast<int64_t>(random_() % 4);
    candidate.partial = random_() % 3 == 0;
    candidate.deleted = random_() % 5 == 0;
    return candidate;
  }

  void FillBatch(Submission* batch) {
    batch->tenant = random_() % 2 == 0 ? "demo" : "other";
    batch->sources = {"s"};
    for (uint64_t i = random_() % 8; i > 0; --i) batch->candidates.push_back(RandomCandidate());
  }

  // What the batch's outcomes are by a plain map; its positions are those that it was given.
  void ExpectOutcomes(const Submission& batch) {
    for (const Candidate& committed : batch.candidates) {
      Candidate expected = committed;
      expected.previous.reset();
      const auto [known, is_new] = states_.try_emplace(committed.key, StateOf(committed));
      if (is_new) {
        expected.outcome = v1::INGEST_OUTCOME_RECORDED;
      } else if (ResolveKnown(known->second, &expected)) {
        known->second = StateOf(committed);
      }
      EXPECT_EQ(committed.outcome, expected.outcome);
      EXPECT_EQ(committed.position, expected.position);
      EXPECT_EQ(committed.previous, expected.previous);
    }
  }

  std::mt19937_64 random_{11};
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<JournalStore> replicas_[2];
  std::map<Hash128, KeyState> states_;
};

TEST_F(JournalKeyStoreTest, AgreesWithAMapWhicheverReplicaCommitsAndWhenItStarts) {
  for (int round = 0; round < 400; ++round) {
    auto& replica = replicas_[random_() % 2];
    if (random_() % 20 == 0) Restart(&replica);
    Submission batches[2];
    for (Submission& batch : batches) FillBatch(&batch);
    ASSERT_TRUE(replica->Commit({&batches[0], &batches[1]}).ok());
    // Batches are taken in by their tenants' names.
    const bool swapped = batches[1].tenant < batches[0].tenant;
    ExpectOutcomes(batches[swapped ? 1 : 0]);
    ExpectOutcomes(batches[swapped ? 0 : 1]);
  }
  for (const auto& [key, state] : states_) {
    for (const auto& replica : replicas_) {
      const auto found = replica->Find(key);
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(*found, state.position);
    }
  }
}

TEST_F(JournalKeyStoreTest, AJournalWhoseBlocksWereNumberedWithinTransactionsGoesOn) {
  Submission batch;
  batch.tenant = "demo";
  batch.sources = {"s"};
  batch.candidates = {RandomCandidate(), RandomCandidate()};
  batch.candidates[0].key = {1, 1};
  batch.candidates[1].key = {2, 2};
  const Candidate& known = batch.candidates[0];
  const Candidate& added = batch.candidates[1];
  BlockBuilder block;
  block.Append({.key = known.key,
                .content = known.content,
                .revision = known.revision,
                .partial = known.partial},
               "");
  const auto connection = *database_->Dedicated();
  for (const BlockId& id : {BlockId{600, 9}, BlockId{700, 3}}) {
    ASSERT_TRUE(Store::InsertBlock(*connection, "demo", id, absl::Now(), block).ok());
  }
  ASSERT_TRUE(replicas_[0]->Commit({&batch}).ok());
  EXPECT_EQ(known.outcome, v1::INGEST_OUTCOME_DUPLICATE);
  EXPECT_EQ(known.position, (Position{700, 3, 0}));
  EXPECT_EQ(added.outcome, v1::INGEST_OUTCOME_RECORDED);
  EXPECT_EQ(added.position.block(), (BlockId{700, 4}));
  EXPECT_EQ(*replicas_[1]->Find(added.key), added.position);
}

TEST_F(JournalKeyStoreTest, AnErasedKeyIsErasedForEveryReplica) {
  Submission batch;
  FillBatch(&batch);
  batch.candidates = {RandomCandidate()};
  const Hash128 key = batch.candidates[0].key;
  ASSERT_TRUE(replicas_[0]->Commit({&batch}).ok());
  const BlockId id = batch.candidates[0].position.block();
  ASSERT_TRUE(replicas_[1]
                  ->Append(batch.tenant,
                           [&](const JournalTransaction& transaction, BlockBuilder*) {
                             BlockBuilder without;
                             without.Append({.key = key, .kind = EntryKind::kRemoved}, "");
                             return Store::RewriteBlock(*transaction.connection, id, without);
                           })
                  .ok());
  const Hash128 unknown = {5, 5};
  ASSERT_TRUE(
      replicas_[1]
          ->Append(batch.tenant,
                   [&](const JournalTransaction& transaction, BlockBuilder* block) -> absl::Status {
                     const auto is_new =
                         transaction.keys->EraseUnknown(*transaction.connection, unknown);
                     EXPECT_TRUE(is_new.value_or(false));
                     EXPECT_FALSE(*transaction.keys->EraseUnknown(*transaction.connection, key));
                     block->Append({.key = unknown, .kind = EntryKind::kRemoved}, "");
                     return absl::OkStatus();
                   })
          .ok());
  batch.candidates.push_back(batch.candidates[0]);
  batch.candidates[1].key = unknown;
  for (const auto& replica : replicas_) {
    for (Candidate& one : batch.candidates) one.outcome = v1::INGEST_OUTCOME_UNSPECIFIED;
    ASSERT_TRUE(replica->Commit({&batch}).ok());
    for (const Candidate& one : batch.candidates) {
      EXPECT_EQ(one.outcome, v1::INGEST_OUTCOME_ERASED);
    }
    EXPECT_EQ(*replica->Find(unknown), std::nullopt);
  }
}

}  // namespace
}  // namespace waymark::feedback
