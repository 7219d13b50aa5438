// The pure parts: hashes, positions, blocks, the key set, placement.
#include <map>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/feedback/block.h"
#include "services/feedback/key_set.h"
#include "services/feedback/placement.h"
#include "services/feedback/position.h"
#include "services/feedback/siphash.h"

namespace waymark::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Hex(const Hash128& hash) {
  std::string bytes(reinterpret_cast<const char*>(&hash.hi), 8);
  bytes.append(reinterpret_cast<const char*>(&hash.lo), 8);
  return absl::BytesToHexString(bytes);
}

// The first, second and last of the 64 vectors of the reference implementation (vectors_sip128).
TEST(SipHashTest, AgreesWithTheReferenceImplementation) {
  const HashKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string input;
  for (char c = 0; c < 63; ++c) input.push_back(c);
  const absl::string_view bytes = input;
  EXPECT_EQ(Hex(SipHash128(key, "")), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(Hex(SipHash128(key, bytes.substr(0, 1))), "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(Hex(SipHash128(key, bytes)), "5150d1772f50834a503e069a973fbd7c");
}

TEST(PositionTest, TextsCompareAsPositionsDo) {
  const std::vector<Position> ordered = {{0, 1, 0},
                                         {0, 1, 9},
                                         {0, 1, 10},
                                         {0, 255, 0},
                                         {0, 1ULL << 40, 0},
                                         {1, 0, 0},
                                         {1ULL << 62, 3, 4'000'000'000}};
  for (size_t i = 0; i < ordered.size(); ++i) {
    EXPECT_EQ(*ParsePosition(ToString(ordered[i])), ordered[i]);
    if (i == 0) continue;
    EXPECT_LT(ordered[i - 1], ordered[i]);
    EXPECT_LT(ToString(ordered[i - 1]), ToString(ordered[i]));
  }
  EXPECT_EQ(*ParsePosition(""), Position());
}

TEST(PositionTest, RefusesWhatIsNoPosition) {
  const std::string good = ToString({1, 2, 3});
  for (const std::string& bad : {std::string("1"), good + "0", good.substr(1), "g" + good.substr(1),
                                 "F" + good.substr(1), "f" + good.substr(1)}) {
    EXPECT_FALSE(ParsePosition(bad).ok()) << bad;
  }
}

TEST(BlockTest, ReturnsWhatWasAppended) {
  BlockBuilder block;
  block.Append({.key = {1, 2}, .content = 3, .revision = 4, .shard_hash = 5, .index = 0}, "first");
  block.Append({.key = {6, 7}, .index = 9, .partial = true, .kind = EntryKind::kDeleted}, "");
  block.Append({.key = {8, 9}, .index = 10}, "third");
  EXPECT_EQ(block.last_index(), 10u);
  std::vector<std::string> payloads;
  std::vector<EntryHeader> headers;
  ASSERT_TRUE(ReadEntries(block.keys(), block.payload(),
                          [&](const EntryHeader& header, absl::string_view payload) {
                            headers.push_back(header);
                            payloads.emplace_back(payload);
                            return true;
                          })
                  .ok());
  EXPECT_THAT(payloads, ElementsAre("first", "", "third"));
  EXPECT_EQ(headers[0].key, (Hash128{1, 2}));
  EXPECT_EQ(headers[0].revision, 4);
  EXPECT_EQ(headers[1].kind, EntryKind::kDeleted);
  EXPECT_TRUE(headers[1].partial);
}

TEST(BlockTest, NoticesDamage) {
  BlockBuilder block;
  block.Append({}, "payload");
  const auto read = [](absl::string_view keys, absl::string_view payload) {
    return ReadEntries(keys, payload, [](const EntryHeader&, absl::string_view) { return true; });
  };
  EXPECT_EQ(read(absl::string_view(block.keys()).substr(1), block.payload()).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(read(block.keys(), "short").code(), absl::StatusCode::kDataLoss);
}

TEST(KeySetTest, AgreesWithAMapUnderRandomInsertionsAndErasures) {
  std::mt19937_64 random(7);
  KeySet keys;
  std::map<Hash128, int64_t> expected;
  for (int step = 0; step < 200'000; ++step) {
    // Few distinct home slots, so that probes are long and holes fall inside them.
    const Hash128 key = {random() % 4, random() % 3000 * 17 % 512};
    if (random() % 3 == 0) {
      keys.Erase(key);
      expected.erase(key);
      continue;
    }
    bool inserted = false;
    KeySet::Slot* slot = keys.FindOrInsert(key, &inserted);
    EXPECT_EQ(inserted, expected.count(key) == 0);
    slot->Store({.key = key, .revision = step});
    expected[key] = step;
  }
  ASSERT_EQ(keys.size(), static_cast<int64_t>(expected.size()));
  for (const auto& [key, revision] : expected) {
    ASSERT_NE(keys.Find(key), nullptr);
    EXPECT_EQ(keys.Find(key)->Load().revision, revision);
  }
}

TEST(KeySetTest, KeepsAllOfAState) {
  KeySet keys;
  bool inserted = false;
  KeySet::Slot* slot = keys.FindOrInsert({1, 2}, &inserted);
  slot->Store({.key = {1, 2},
               .revision = INT64_MAX,
               .content = UINT64_MAX,
               .partial = true,
               .position = {0, (1ULL << 40) - 1, (1u << 22) - 1}});
  const KeyState state = slot->Load();
  EXPECT_EQ(state.revision, INT64_MAX);
  EXPECT_EQ(state.content, UINT64_MAX);
  EXPECT_TRUE(state.partial);
  EXPECT_EQ(state.position, (Position{0, (1ULL << 40) - 1, (1u << 22) - 1}));
}

v1::PlacementRule Rule(const std::string& touchpoint, const std::string& source,
                       const std::string& question, const std::string& activity,
                       const std::string& channel) {
  v1::PlacementRule rule;
  rule.set_touchpoint(touchpoint);
  rule.set_source(source);
  rule.set_question(question);
  rule.set_activity(activity);
  rule.set_channel(channel);
  return rule;
}

std::vector<std::string> Places(const std::vector<v1::PlacementRule>& rules,
                                const v1::Signal& signal) {
  v1::TouchpointCatalogue catalogue;
  for (const v1::PlacementRule& rule : rules) *catalogue.add_rules() = rule;
  std::vector<std::string> places;
  const v1::Enrichment enrichment = PlacementEngine(catalogue).Place(signal);
  for (const v1::Placement& one : enrichment.placements()) {
    places.push_back(
        absl::StrCat(one.question(), one.question().empty() ? "" : "=", one.touchpoint()));
  }
  return places;
}

v1::Signal Payment() {
  v1::Signal signal;
  signal.set_source("shop");
  signal.mutable_interaction()->set_activity("pay");
  signal.mutable_interaction()->set_channel("web");
  return signal;
}

TEST(PlacementTest, TheFirstRuleWhoseFieldsAllMatchDecides) {
  const auto general = Rule("general", "", "", "pay", "");
  const auto special = Rule("special", "shop", "", "pay", "web");
  EXPECT_THAT(Places({general, special}, Payment()), ElementsAre("general"));
  EXPECT_THAT(Places({special, general}, Payment()), ElementsAre("special"));
  EXPECT_THAT(
      Places({Rule("t", "other", "", "pay", ""), Rule("t", "shop", "", "", "phone")}, Payment()),
      IsEmpty());
}

TEST(PlacementTest, KnowsTheChannelOfEachKind) {
  v1::Signal chat, social;
  chat.mutable_chat_message();
  social.mutable_social_mention()->set_network("mastodon");
  const std::vector<v1::PlacementRule> rules = {Rule("care", "", "", "", "chat"),
                                                Rule("public", "", "", "", "mastodon")};
  EXPECT_THAT(Places(rules, chat), ElementsAre("care"));
  EXPECT_THAT(Places(rules, social), ElementsAre("public"));
}

TEST(PlacementTest, PlacesAnswersByTheirQuestions) {
  v1::Signal survey;
  survey.set_source("csat");
  for (const char* question : {"desk", "gate", "food"}) {
    survey.mutable_survey_response()->add_answers()->set_question(question);
  }
  survey.mutable_survey_response()->mutable_answers(2)->set_touchpoint("bistro");
  EXPECT_THAT(Places({Rule("airport", "csat", "", "", ""), Rule("check-in", "csat", "desk", "", ""),
                      Rule("never", "other", "gate", "", "")},
                     survey),
              ElementsAre("airport", "desk=check-in", "food=bistro"));
}

TEST(PlacementTest, PlacesTheRatingOfAChatByItsQuestion) {
  v1::Signal chat;
  chat.set_source("inbox");
  chat.mutable_chat_message()->mutable_rating()->set_question("csat");
  EXPECT_THAT(
      Places({Rule("chat", "inbox", "", "", "chat"), Rule("solved", "inbox", "csat", "", "")},
             chat),
      ElementsAre("chat", "csat=solved"));
}

TEST(PlacementTest, PlacesTheRowsOfAMatrixThatARuleNames) {
  v1::Signal survey;
  v1::Answer* answer = survey.mutable_survey_response()->add_answers();
  answer->set_question("areas");
  for (const char* row : {"food", "desk"}) answer->mutable_matrix()->add_rows()->set_row(row);
  const std::vector<v1::PlacementRule> rules = {Rule("airport", "", "areas", "", ""),
                                                Rule("bistro", "", "areas/food", "", "")};
  EXPECT_THAT(Places(rules, survey), ElementsAre("areas=airport", "areas/food=bistro"));
  answer->set_touchpoint("terminal");
  EXPECT_THAT(Places(rules, survey), ElementsAre("areas=terminal"));
}

TEST(PlacementTest, WhatTheSignalSaysWinsAndATombstoneHasNoPlace) {
  v1::Signal signal = Payment();
  signal.set_touchpoint("kiosk");
  const auto rule = Rule("t", "", "", "pay", "");
  EXPECT_THAT(Places({rule}, signal), ElementsAre("kiosk"));
  signal.set_deleted(true);
  EXPECT_THAT(Places({rule}, signal), IsEmpty());
}

TEST(PlacementTest, FieldsDoNotRunIntoEachOther) {
  v1::Signal signal = Payment();
  signal.mutable_interaction()->set_activity("a3:web");
  EXPECT_THAT(Places({Rule("t", "", "", "a", "web3:web")}, signal), IsEmpty());
}

}  // namespace
}  // namespace waymark::feedback
