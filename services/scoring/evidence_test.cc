#include "services/scoring/evidence.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "services/scoring/evidence_builder.h"

namespace waymark::scoring {
namespace {

SignalEvidence Rating(EvidenceBuilder& builder, int64_t revision, double value) {
  SignalEvidence signal = builder.New("survey", "ann");
  signal.external_id = "one";
  signal.revision = revision;
  signal.ratings.push_back({.question = "q",
                            .scale = {1, 5, true},
                            .touchpoint = "desk",
                            .rated = true,
                            .value = value});
  signal.comments.push_back({"desk", "Slow."});
  return signal;
}

std::vector<double> ValuesThatCount(const Evidence& evidence) {
  std::vector<double> values;
  evidence.Read([&](const EvidenceData& data) {
    for (const RatingRow& row : data.ratings) {
      if (row.counts) values.push_back(row.value);
    }
  });
  return values;
}

TEST(Evidence, HigherRevisionSupersedesAndLowerIsIgnored) {
  EvidenceBuilder builder;
  builder.evidence.Apply(Rating(builder, 1, 2));
  builder.evidence.Apply(Rating(builder, 3, 4));
  builder.evidence.Apply(Rating(builder, 2, 1));
  builder.evidence.Apply(Rating(builder, 3, 5));
  EXPECT_EQ(ValuesThatCount(builder.evidence), std::vector<double>{4});
  builder.evidence.Read([](const EvidenceData& data) { EXPECT_EQ(data.signals, 1); });
}

TEST(Evidence, TombstoneTakesTheSignalOutUntilAHigherRevision) {
  EvidenceBuilder builder;
  builder.evidence.Apply(Rating(builder, 1, 2));
  SignalEvidence tombstone = Rating(builder, 2, 2);
  tombstone.deleted = true;
  builder.evidence.Apply(tombstone);
  EXPECT_TRUE(ValuesThatCount(builder.evidence).empty());
  builder.evidence.Apply(Rating(builder, 3, 3));
  EXPECT_EQ(ValuesThatCount(builder.evidence), std::vector<double>{3});
}

TEST(Evidence, StaysCompactUnderManyRevisions) {
  EvidenceBuilder builder;
  for (int revision = 0; revision < 50'000; ++revision) {
    builder.evidence.Apply(Rating(builder, revision, 1 + revision % 5));
  }
  EXPECT_EQ(ValuesThatCount(builder.evidence), std::vector<double>{1 + 49'999 % 5});
  builder.evidence.Read([](const EvidenceData& data) {
    EXPECT_LT(data.ratings.size(), 10'000u);
    EXPECT_LT(data.comments.size(), 10'000u);
  });
}

TEST(Evidence, RescaledQuestionIsAnotherQuestion) {
  EvidenceBuilder builder;
  SignalEvidence signal = Rating(builder, 1, 4);
  builder.evidence.Apply(signal);
  signal.external_id = "two";
  signal.ratings[0].scale = {0, 10, true};
  builder.evidence.Apply(signal);
  builder.evidence.Read([](const EvidenceData& data) { EXPECT_EQ(data.questions.size(), 2u); });
}

TEST(Evidence, SubmissionsWithoutCustomerAreRespondentsOfTheirOwn) {
  EvidenceBuilder builder;
  builder.Rate("", "desk", 3);
  builder.Rate("", "desk", 4);
  builder.evidence.Read([](const EvidenceData& data) {
    ASSERT_EQ(data.ratings.size(), 2u);
    EXPECT_NE(data.ratings[0].respondent, data.ratings[1].respondent);
  });
}

SignalEvidence Of(EvidenceBuilder& builder, const std::string& customer, uint64_t hash,
                  double value, int64_t micros) {
  SignalEvidence signal = Rating(builder, 1, value);
  signal.external_id = signal.position;
  signal.customer = customer;
  signal.customer_hash = hash;
  signal.time_micros = micros;
  signal.attributes = {{"email", customer + "@example.com"}, {"country", "NL"}};
  return signal;
}

TEST(Evidence, ErasingACustomerLeavesWhatWouldBeWithoutThem) {
  EvidenceBuilder builder;
  const SignalEvidence ann = Of(builder, "ann", 1, 1, 900);
  const SignalEvidence bob = Of(builder, "bob", 2, 4, 500);
  SignalEvidence only_ann = Of(builder, "ann", 1, 5, 100);
  only_ann.source = "only-ann";
  Evidence follows, anew;
  for (const SignalEvidence& signal : {ann, bob, only_ann}) follows.Apply(signal);
  follows.Erase({.customer_hash = 1, .position = "9", .fingerprint = 9});
  follows.Apply(ann);  // again: it is not newer
  anew.Apply(bob);
  anew.Erase({.customer_hash = 1, .position = "9", .fingerprint = 9});
  for (const Evidence* evidence : {&follows, &anew}) {
    EXPECT_EQ(ValuesThatCount(*evidence), std::vector<double>{4});
    evidence->Read([](const EvidenceData& data) {
      EXPECT_EQ(data.signals, 1);
      EXPECT_EQ(data.latest_micros, 500);
      EXPECT_EQ(data.customers.Find("ann"), kNone);
      EXPECT_EQ(data.attribute_values.Find("ann@example.com"), kNone);
      EXPECT_NE(data.attribute_values.Find("bob@example.com"), kNone);
      EXPECT_NE(data.attribute_values.Find("NL"), kNone);
      for (const CommentRow& comment : data.comments) EXPECT_EQ(comment.counts, comment.text != "");
      for (const Question& question : data.questions) {
        EXPECT_EQ(question.rows, data.sources.Name(question.source) == "survey" ? 1 : 0);
      }
    });
  }
}

TEST(Evidence, ASignalIsErasedWithTheCustomerOfItsCurrentRevision) {
  EvidenceBuilder builder;
  SignalEvidence of_bob = Of(builder, "bob", 2, 4, 500);
  SignalEvidence of_ann = of_bob;
  of_ann.customer = "ann";
  of_ann.customer_hash = 1;
  of_ann.revision = 2;
  builder.evidence.Apply(of_bob);
  builder.evidence.Apply(of_ann);
  builder.evidence.Erase({.customer_hash = 2, .position = "8"});
  EXPECT_EQ(ValuesThatCount(builder.evidence).size(), 1u);
  builder.evidence.Erase({.customer_hash = 1, .position = "9"});
  EXPECT_EQ(ValuesThatCount(builder.evidence).size(), 0u);
  builder.evidence.Apply(of_bob);
  EXPECT_EQ(ValuesThatCount(builder.evidence).size(), 0u) << "an older revision came back";
}

/// Touchpoint of the only rating that counts.
std::string TouchpointOf(const Evidence& evidence) {
  std::string touchpoint;
  evidence.Read([&](const EvidenceData& data) {
    for (const RatingRow& row : data.ratings) {
      if (row.counts) touchpoint += data.touchpoints.Name(row.touchpoint);
    }
  });
  return touchpoint;
}

TEST(Evidence, TheNewestCatalogueAndCorrectionCountWheneverTheyCome) {
  struct Known {
    int64_t revision, catalogue, correction;
    const char* touchpoint;
  };
  std::vector<Known> known = {{1, 1, 0, "given"},
                              {1, 1, 5, "corrected"},
                              {1, 2, 5, "corrected-again"},
                              {2, 2, 6, "newest"}};
  std::vector<size_t> order = {0, 1, 2, 3};
  do {
    EvidenceBuilder builder;
    for (int repetition = 0; repetition < 2; ++repetition) {
      for (const size_t i : order) {
        SignalEvidence signal = Rating(builder, known[i].revision, 3);
        signal.catalogue_revision = known[i].catalogue;
        signal.correction_revision = known[i].correction;
        signal.ratings[0].touchpoint = known[i].touchpoint;
        builder.evidence.Apply(signal);
      }
    }
    EXPECT_EQ(TouchpointOf(builder.evidence), "newest");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Evidence, LinkedCustomersAreOnePersonUntilTheyAreUnlinked) {
  EvidenceBuilder builder;
  builder.Rate("web-7", "desk", 2);
  builder.Link("web-7", "app-7");
  builder.Rate("app-7", "desk", 4);
  builder.Rate("", "desk", 5);
  const auto persons = [&] {
    std::vector<std::string> names;
    builder.evidence.Read([&](const EvidenceData& data) {
      for (const RatingRow& row : data.ratings) {
        names.push_back(data.customers.Name(data.PersonOf(row.respondent)));
      }
    });
    return names;
  };
  EXPECT_EQ(persons(), (std::vector<std::string>{"app-7", "app-7", ""}));
  builder.Link("app-7", "web-7", false);
  EXPECT_EQ(persons(), (std::vector<std::string>{"web-7", "app-7", ""}));
}

TEST(Evidence, LinksOfAnErasedCustomerAreForgottenWithThem) {
  EvidenceBuilder builder;
  builder.Rate("bob", "desk", 2);
  builder.Link("bob", "ann");
  builder.Link("ann", "zoe");
  builder.evidence.Erase({.customer_hash = std::hash<std::string>()("ann"), .position = "9"});
  builder.Rate("ann", "desk", 4);
  builder.Rate("zoe", "desk", 5);
  builder.evidence.Read([](const EvidenceData& data) {
    for (const RatingRow& row : data.ratings) {
      EXPECT_EQ(data.PersonOf(row.respondent), row.respondent)
          << data.customers.Name(data.PersonOf(row.respondent));
    }
    EXPECT_EQ(data.ratings.size(), 3u);
  });
}

TEST(Evidence, VersionNamesTheHistory) {
  EvidenceBuilder a, b, c;
  for (EvidenceBuilder* builder : {&a, &b}) builder->Rate("ann", "desk", 3);
  for (EvidenceBuilder* builder : {&a, &b}) builder->Link("ann", "bob");
  c.New("survey", "skipped");
  c.Rate("ann", "desk", 3);
  const auto version = [](const Evidence& evidence) {
    uint64_t version = 0;
    evidence.Read([&](const EvidenceData& data) { version = data.version; });
    return version;
  };
  EXPECT_EQ(version(a.evidence), version(b.evidence));
  EXPECT_NE(version(a.evidence), version(c.evidence));
  const uint64_t linked = version(a.evidence);
  a.Link("ann", "bob");
  EXPECT_EQ(version(a.evidence), linked) << "it says nothing new";
  a.Link("ann", "bob", false);
  EXPECT_NE(version(a.evidence), linked);
}

}  // namespace
}  // namespace waymark::scoring
