#include "libs/columns/customer_groups.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace waymark::columns {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using Moves = CustomerGroups::Moves;

TEST(CustomerGroupsTest, AGroupCountsAsTheSmallestOfItsIds) {
  CustomerGroups groups;
  Moves moves;
  EXPECT_EQ(groups.CanonicalOf("b"), "b");
  EXPECT_TRUE(groups.Say("c", "b", true, 1, &moves));
  EXPECT_THAT(moves, UnorderedElementsAre(Pair("c", "b")));
  moves.clear();
  EXPECT_TRUE(groups.Say("c", "a", true, 2, &moves));
  EXPECT_THAT(moves, UnorderedElementsAre(Pair("c", "a"), Pair("b", "a")));
  EXPECT_EQ(groups.CanonicalOf("a"), "a");
  EXPECT_EQ(groups.CanonicalOf("b"), "a");
}

TEST(CustomerGroupsTest, UnlinkingSeparatesWhatNothingElseHoldsTogether) {
  CustomerGroups groups;
  Moves moves;
  groups.Say("a", "b", true, 1, &moves);
  groups.Say("b", "c", true, 2, &moves);
  groups.Say("c", "a", true, 3, &moves);
  moves.clear();
  groups.Say("b", "a", false, 4, &moves);
  EXPECT_THAT(moves, IsEmpty()) << "over c they are still the same";
  groups.Say("c", "a", false, 5, &moves);
  EXPECT_THAT(moves, UnorderedElementsAre(Pair("b", "b"), Pair("c", "b")));
}

TEST(CustomerGroupsTest, OnlyTheNewestOfWhatIsSaidOfAPairCounts) {
  CustomerGroups groups;
  Moves moves;
  EXPECT_TRUE(groups.Say("a", "b", false, 7, &moves));
  EXPECT_FALSE(groups.Say("b", "a", true, 6, &moves)) << "the unlinking came first";
  EXPECT_EQ(groups.CanonicalOf("b"), "b");
  EXPECT_TRUE(groups.Say("b", "a", true, 8, &moves));
  EXPECT_FALSE(groups.Say("b", "a", true, 8, &moves));
  EXPECT_EQ(groups.CanonicalOf("b"), "a");
  EXPECT_TRUE(groups.Say("x", "x", true, 9, &moves)) << "says nothing";
  EXPECT_EQ(groups.CanonicalOf("x"), "x");
}

TEST(CustomerGroupsTest, WhoIsForgottenIsAsIfNoLinkHadNamedThem) {
  CustomerGroups groups;
  Moves moves;
  groups.Say("a", "b", true, 1, &moves);
  groups.Say("a", "c", true, 2, &moves);
  groups.Say("c", "d", true, 3, &moves);
  moves.clear();
  groups.Forget("a", &moves);
  EXPECT_THAT(moves, UnorderedElementsAre(Pair("b", "b"), Pair("c", "c"), Pair("d", "c")));
  for (const char* alone : {"a", "b", "c"}) EXPECT_EQ(groups.CanonicalOf(alone), alone);
  EXPECT_EQ(groups.CanonicalOf("d"), "c");
  EXPECT_FALSE(groups.Say("b", "a", true, 1, &moves)) << "what was said before comes again";
  moves.clear();
  groups.Forget("nobody", &moves);
  EXPECT_THAT(moves, IsEmpty());
}

TEST(CustomerGroupsTest, TheOrderInWhichThingsAreSaidDoesNotMatter) {
  std::mt19937_64 random(5);
  const auto id = [&] { return absl::StrCat("c", random() % 8); };
  struct Said {
    std::string one, other;
    bool linked;
    int64_t revision;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<Said> all;
    for (int64_t revision = 1; revision <= 30; ++revision) {
      all.push_back({id(), id(), random() % 3 != 0, revision});
    }
    CustomerGroups in_order, shuffled;
    std::map<std::string, std::string> as_moved;
    const auto say = [](const Said& said, CustomerGroups* groups) {
      Moves moves;
      groups->Say(said.one, said.other, said.linked, said.revision, &moves);
      return moves;
    };
    for (const Said& said : all) {
      for (const auto& [customer, as] : say(said, &in_order)) as_moved[customer] = as;
    }
    std::shuffle(all.begin(), all.end(), random);
    for (const Said& said : all) say(said, &shuffled);
    for (int i = 0; i < 8; ++i) {
      const std::string customer = absl::StrCat("c", i);
      EXPECT_EQ(in_order.CanonicalOf(customer), shuffled.CanonicalOf(customer));
      const auto moved = as_moved.find(customer);
      EXPECT_EQ(moved == as_moved.end() ? customer : moved->second, in_order.CanonicalOf(customer));
    }
  }
}

}  // namespace
}  // namespace waymark::columns
