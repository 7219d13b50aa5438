#include "libs/text/pii.h"

#include <string>

#include "gtest/gtest.h"

namespace waymark::text {
namespace {

/// What `check` takes of the candidate `text`; "" when it rejects it.
std::string Taken(bool (*check)(absl::string_view, Span*), const std::string& text) {
  Span span = {0, text.size()};
  return check(text, &span) ? text.substr(span.begin, span.end - span.begin) : "";
}

TEST(PiiTest, CardsNeedIssuerLengthAndLuhn) {
  EXPECT_EQ(Taken(IsCard, "4111111111111111"), "4111111111111111");
  EXPECT_EQ(Taken(IsCard, "3782-822463-10005"), "3782-822463-10005");
  EXPECT_EQ(Taken(IsCard, "2223000048400011"), "2223000048400011");
  EXPECT_EQ(Taken(IsCard, "4111111111111112"), "");
  // Passes Luhn, but no issuer begins with 1.
  EXPECT_EQ(Taken(IsCard, "1111111111111117"), "");
  // American Express has 15 digits; this has 16 and passes Luhn.
  EXPECT_EQ(Taken(IsCard, "3782822463100051"), "");
}

TEST(PiiTest, ACardMayBeFollowedByAnotherNumber) {
  EXPECT_EQ(Taken(IsCard, "4111 1111 1111 1111 123"), "4111 1111 1111 1111");
}

TEST(PiiTest, ARejectedCardLetsTheSearchGoOnBehindItsFirstGroup) {
  Span span = {0, 23};
  EXPECT_FALSE(IsCard("12345 4111 1111 1111 1111", &span));
  EXPECT_EQ(span.end, 5u);
}

TEST(PiiTest, IbansNeedTheirCountrysLengthAndMod97InEitherCase) {
  EXPECT_EQ(Taken(IsIban, "DE89370400440532013000"), "DE89370400440532013000");
  EXPECT_EQ(Taken(IsIban, "de89 3704 0044 0532 0130 00 please"), "de89 3704 0044 0532 0130 00");
  EXPECT_EQ(Taken(IsIban, "NO9386011117947"), "NO9386011117947");
  EXPECT_EQ(Taken(IsIban, "MT84MALT011000012345MTLCAST001S"), "MT84MALT011000012345MTLCAST001S");
  EXPECT_EQ(Taken(IsIban, "DE89370400440532013001"), "");
  EXPECT_EQ(Taken(IsIban, "DE893704004405320130"), "");
  EXPECT_EQ(Taken(IsIban, "DE893704004405320130001"), "");
  EXPECT_EQ(Taken(IsIban, "ZZ89370400440532013000"), "");
  EXPECT_EQ(Taken(IsIban, "DE89"), "");
  // Part of a UUID that passes modulo 97.
  EXPECT_EQ(Taken(IsIban, "ba369b3f-7d92-4281-8a44-dc0cf14d0f24"), "");
}

TEST(PiiTest, Ipv4NeedsFourOctetsAndNoMore) {
  EXPECT_EQ(Taken(IsIpv4, "10.218.6.131"), "10.218.6.131");
  EXPECT_EQ(Taken(IsIpv4, "10.218.6.256"), "");
  EXPECT_EQ(Taken(IsIpv4, "10.018.6.1"), "");
  const std::string longer = "1.10.218.6.131";
  Span span = {2, longer.size()};
  EXPECT_FALSE(IsIpv4(longer, &span));
  span = {0, 10};
  EXPECT_FALSE(IsIpv4(longer, &span));
}

TEST(PiiTest, Ipv6IsWhatTheSystemReads) {
  EXPECT_NE(Taken(IsIpv6, "4f8a:c99e:dc86:faf9:5988:5f63:375e:8a2a"), "");
  EXPECT_NE(Taken(IsIpv6, "fe80::1"), "");
  EXPECT_NE(Taken(IsIpv6, "::ffff:10.1.2.3"), "");
  EXPECT_EQ(Taken(IsIpv6, "12:30:45"), "");
  EXPECT_EQ(Taken(IsIpv6, "::"), "");
}

TEST(PiiTest, SsnsMustBeOnesThatAreIssued) {
  EXPECT_NE(Taken(IsSsn, "308-63-0237"), "");
  for (const char* never :
       {"000-63-0237", "666-63-0237", "908-63-0237", "308-00-0237", "308-63-0000"}) {
    EXPECT_EQ(Taken(IsSsn, never), "") << never;
  }
}

TEST(PiiTest, NothingIsTakenOutOfAWord) {
  const std::string text = "x308-63-0237y";
  Span span = {1, text.size() - 1};
  EXPECT_FALSE(IsSsn(text, &span));
}

}  // namespace
}  // namespace waymark::text
