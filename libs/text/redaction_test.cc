#include "libs/text/redaction.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace waymark::text {
namespace {

std::string Redacted(std::string text, RedactionCounts* counts = nullptr) {
  static const Redactor* const redactor = new Redactor();
  redactor->Redact(&text, counts);
  return text;
}

TEST(RedactionTest, ReplacesEachKindAndCountsIt) {
  RedactionCounts counts;
  EXPECT_EQ(Redacted("Mail ann.b+c@mail.example.org, card 4111 1111 1111 1111, "
                     "gb69pmnj18913943430745, ssn 308-63-0237, "
                     "from 10.218.6.131 and fe80::1, call +49 151 12345678!",
                     &counts),
            "Mail [EMAIL], card [CARD], [IBAN], ssn [SSN], from [IP] and [IP], call [PHONE]!");
  EXPECT_EQ(counts[PiiKind::kEmail], 1);
  EXPECT_EQ(counts[PiiKind::kCard], 1);
  EXPECT_EQ(counts[PiiKind::kIban], 1);
  EXPECT_EQ(counts[PiiKind::kSsn], 1);
  EXPECT_EQ(counts[PiiKind::kIp], 2);
  EXPECT_EQ(counts[PiiKind::kPhone], 1);
  EXPECT_EQ(counts.total(), 7);
}

TEST(RedactionTest, SaysWhetherItFoundAnything) {
  const Redactor redactor;
  std::string clean = "Nothing here, 5 of 10.";
  EXPECT_FALSE(redactor.Redact(&clean));
  EXPECT_EQ(clean, "Nothing here, 5 of 10.");
  std::string mail = "a@b.org";
  EXPECT_TRUE(redactor.Redact(&mail));
}

TEST(RedactionTest, KnowsEmailAddressesFromHandles) {
  EXPECT_EQ(Redacted("Thanks @united, see you @ 5"), "Thanks @united, see you @ 5");
  EXPECT_EQ(Redacted("<j\xc3\xb3n@b\xc3\xbc"
                     "cher.example>."),
            "<[EMAIL]>.");
  EXPECT_EQ(Redacted("mailto:o'brien@x-y.co.uk."), "mailto:[EMAIL].");
  EXPECT_EQ(Redacted("\xe8\xaf\xb7"
                     "a@b.com\xe8\xb0\xa2"),
            "\xe8\xaf\xb7[EMAIL]\xe8\xb0\xa2");
}

TEST(RedactionTest, FindsACardBehindAnotherNumber) {
  EXPECT_EQ(Redacted("12345 4111 1111 1111 1111 77"), "12345 [CARD] 77");
}

TEST(RedactionTest, KeepsBytesThatAreNotUtf8) {
  const std::string text("\xff\x00 a@b.org \xc3(\x80 0487 23 46 71 \x00\xfe", 32);
  const std::string expected("\xff\x00 [EMAIL] \xc3(\x80 [PHONE] \x00\xfe", 26);
  EXPECT_EQ(Redacted(text), expected);
}

/// Pieces from which texts are made that come near every rule.
std::string Nasty(std::mt19937_64* random) {
  static const std::vector<std::string> pieces = {"4111111111111111",
                                                  "411",
                                                  "1111",
                                                  " ",
                                                  "-",
                                                  ".",
                                                  ":",
                                                  "@",
                                                  "a",
                                                  "GB69PMNJ18913943430745",
                                                  "gb",
                                                  "785 8949",
                                                  "call ",
                                                  " fax",
                                                  "+",
                                                  "00",
                                                  "(",
                                                  ")",
                                                  "x",
                                                  "12",
                                                  "2019",
                                                  "fe80::",
                                                  "10.0.0.1",
                                                  "308-63-0237",
                                                  "a@b.org",
                                                  "[PHONE]",
                                                  "[",
                                                  "]",
                                                  "#",
                                                  "order ",
                                                  "\n",
                                                  "/",
                                                  ",",
                                                  "\xc3",
                                                  "\xff",
                                                  std::string(1, '\0'),
                                                  "0431 19 97 94",
                                                  "33 93 31"};
  std::string text;
  for (uint64_t i = 0; i < 1 + (*random)() % 14; ++i) text += pieces[(*random)() % pieces.size()];
  return text;
}

TEST(RedactionTest, RedactingTwiceIsRedactingOnce) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 30'000; ++i) {
    const std::string text = Nasty(&random);
    const std::string once = Redacted(text);
    RedactionCounts second;
    ASSERT_EQ(Redacted(once, &second), once) << text;
    ASSERT_EQ(second.total(), 0) << text;
  }
}

TEST(RedactionTest, AnyBytesAreTakenWithoutHarm) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 5'000; ++i) {
    std::string text(random() % 200, '\0');
    for (char& c : text) c = static_cast<char>(random());
    const std::string once = Redacted(text);
    ASSERT_EQ(Redacted(once), once);
  }
}

TEST(RedactionTest, TimeGrowsWithTheLengthOnly) {
  // Each is hard on a pattern that looks far ahead and then gives up. A quadratic search of 500 KB
  // would take minutes and trip the test's time limit.
  for (const std::string unit : {"1", "1 ", "a.", "a@", "a@b.", "ab12", "ab12 ", "1:", "::", "(1)",
                                 "411111111111 ", "785 8949 ", "1.1.1.", "4 ", "4-", "55 "}) {
    std::string text;
    while (text.size() < 500'000) text += unit;
    EXPECT_LE(Redacted(text).size(), text.size() * 2);
  }
}

TEST(RedactionTest, OneInstanceServesManyThreads) {
  const Redactor redactor;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        std::string text = absl::StrCat("a", i, "@b.org or 10.0.0.", i % 256);
        redactor.Redact(&text);
        EXPECT_EQ(text, "[EMAIL] or [IP]");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// How many of one kind there are in the labels, were found of those, and were taken in all.
struct Tally {
  int64_t labelled = 0;
  int64_t found = 0;
  int64_t taken = 0;
  int64_t rightly_taken = 0;

  double recall() const { return static_cast<double>(found) / static_cast<double>(labelled); }
  double precision() const {
    return static_cast<double>(rightly_taken) / static_cast<double>(taken);
  }
};

const std::map<std::string, PiiKind>& KindsByLabel() {
  static const auto* const kinds = new std::map<std::string, PiiKind>{
      {"EMAIL_ADDRESS", PiiKind::kEmail}, {"CREDIT_CARD", PiiKind::kCard},
      {"IBAN_CODE", PiiKind::kIban},      {"US_SSN", PiiKind::kSsn},
      {"IP_ADDRESS", PiiKind::kIp},       {"PHONE_NUMBER", PiiKind::kPhone}};
  return *kinds;
}

void Count(const nlohmann::json& sample, std::map<PiiKind, Tally>* tallies) {
  RedactionCounts counts;
  const std::string redacted = Redacted(sample["full_text"], &counts);
  std::map<PiiKind, int64_t> labelled;
  for (const nlohmann::json& span : sample["spans"]) {
    const auto kind = KindsByLabel().find(span["entity_type"]);
    if (kind == KindsByLabel().end()) continue;
    ++labelled[kind->second];
    ++(*tallies)[kind->second].labelled;
    const bool gone = !absl::StrContains(redacted, span["entity_value"].get<std::string>());
    if (gone) ++(*tallies)[kind->second].found;
  }
  for (const auto& [label, kind] : KindsByLabel()) {
    (*tallies)[kind].taken += counts[kind];
    (*tallies)[kind].rightly_taken += std::min(counts[kind], labelled[kind]);
  }
}

TEST(RedactionTest, FindsWhatIsLabelledInTheGeneratedSetAndLittleElse) {
  const char* folder = std::getenv("WAYMARK_TEST_DATA");
  const std::string path =
      absl::StrCat(folder != nullptr ? folder : "../shared/data", "/pii/generated_large.json");
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "no test data; set WAYMARK_TEST_DATA to its folder";
  }
  std::ifstream file(path);
  std::map<PiiKind, Tally> tallies;
  for (const nlohmann::json& sample : nlohmann::json::parse(file)) Count(sample, &tallies);
  ASSERT_EQ(tallies.size(), kPiiKinds);
  for (const auto& [kind, tally] : tallies) {
    SCOPED_TRACE(std::string(Placeholder(kind)));
    EXPECT_GT(tally.labelled, 0);
    EXPECT_GE(tally.recall(), 0.99) << tally.found << " of " << tally.labelled;
    EXPECT_GE(tally.precision(), 0.95) << tally.rightly_taken << " of " << tally.taken;
  }
}

}  // namespace
}  // namespace waymark::text
