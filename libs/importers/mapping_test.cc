#include "libs/importers/mapping.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr char kSurvey[] = R"(kind: survey
source: s
event_time: when
external_id: id
questions:
  - column: nps
    type: nps
)";

std::string ErrorOf(absl::string_view yaml, const std::vector<Mapping::Override>& overrides = {}) {
  const auto mapping = Mapping::Parse(yaml, "m.yaml", overrides);
  EXPECT_TRUE(mapping.ok() || absl::IsInvalidArgument(mapping.status()));
  return std::string(mapping.status().message());
}

TEST(Mapping, ReadsEveryPartOfASurvey) {
  const auto mapping = Mapping::Parse(R"(
kind: survey
source: s
csv: {delimiter: tab, encoding: latin-1}
aliases: {id: ["*id", ID]}
external_id: [id, wave]
customer: {template: "{@source}/{id}"}
revision: rev
event_time: {columns: [day, time], formats: ["%d.%m.%Y %H:%M"], zone: Europe/Berlin}
survey: {weight: w, language: {column: lang, values: {1: en}}}
attributes: {segment: {column: seg, blank: [0, ~]}}
questions:
  - {column: Q1, type: csat, scale: {min: 1, max: 7, lower_is_better: yes}, not_applicable: [8], touchpoint: desk}
  - {id: why, columns: [W1, W2], type: multiple_choice, optional: true}
skip: [{column: status, values: [test, void]}]
)",
                                      "m.yaml");
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  EXPECT_EQ(mapping->csv.delimiter, '\t');
  EXPECT_EQ(mapping->csv.encoding, Encoding::kWindows1252);
  EXPECT_THAT(mapping->external_id.pieces, SizeIs(3));
  EXPECT_THAT(mapping->questions, SizeIs(2));
  EXPECT_TRUE(mapping->questions[0].scale->lower_is_better());
  EXPECT_TRUE(mapping->questions[1].answer.optional);
  EXPECT_THAT(mapping->kind_fields, SizeIs(2));
  EXPECT_THAT(mapping->skip[0].values, SizeIs(2));
}

struct Bad {
  const char* name;
  const char* yaml;
  const char* message;
};

class BadMapping : public testing::TestWithParam<Bad> {};

TEST_P(BadMapping, IsRefusedWithItsLine) {
  const std::string error = ErrorOf(GetParam().yaml);
  EXPECT_THAT(error, HasSubstr("mapping 'm.yaml': line "));
  EXPECT_THAT(error, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Mapping, BadMapping,
    testing::Values(
        Bad{"Yaml", "kind: [", "line 1"}, Bad{"List", "- a", "a mapping is a map"},
        Bad{"Kind", "kind: poll", "kind 'poll' must be survey, interaction"},
        Bad{"NoKind", "source: s", "kind '' must be"},
        Bad{"UnknownKey",
            "kind: survey\nevent_time: t\nexternal_id: i\ncustmer: c\nquestions: [{column: q, "
            "type: nps}]",
            "line 4: unknown key 'custmer' in the mapping; allowed: account, aliases"},
        Bad{"UnknownKeyDeep",
            "kind: survey\nevent_time: t\nexternal_id: i\nquestions:\n  - {column: q, type: nps}\n"
            "  - {column: r,\n     typ: nps, type: nps}",
            "line 7: unknown key 'typ' in a question"},
        Bad{"TwiceTheKey", "kind: survey\nkind: chat", "line 2: 'kind' is there twice"},
        Bad{"NoTime", "kind: survey\nexternal_id: i", "event_time is missing"},
        Bad{"NoId", "kind: survey\nevent_time: t", "external_id is missing"},
        Bad{"Zone", "kind: survey\nevent_time: {column: t, zone: Mars}",
            "line 2: event_time: unknown time zone"},
        Bad{"Format", "kind: survey\nevent_time: {column: t, formats: [dd]}",
            "'dd' is no time format"},
        Bad{"Source", "kind: survey\nsource: a b", "source 'a b' must be"},
        Bad{"Delimiter", "kind: survey\ncsv: {delimiter: ab}", "delimiter 'ab'"},
        Bad{"Encoding", "kind: survey\ncsv: {encoding: ebcdic}", "encoding 'ebcdic' must be"},
        Bad{"NoQuestions", "kind: survey\nevent_time: t\nexternal_id: i", "needs `questions:`"},
        Bad{"QuestionType",
            "kind: survey\nevent_time: t\nexternal_id: i\nquestions: [{column: q, type: stars}]",
            "type 'stars' of a question"},
        Bad{"NoScale",
            "kind: survey\nevent_time: t\nexternal_id: i\nquestions: [{column: q, type: rating}]",
            "needs a `scale: {min, max}`"},
        Bad{"ScaleEnds",
            "kind: survey\nevent_time: t\nexternal_id: i\nquestions: [{column: q, type: rating, "
            "scale: {min: 5, max: 1}}]",
            "min 5 must be below max 1"},
        Bad{"TwiceTheQuestion",
            "kind: survey\nevent_time: t\nexternal_id: i\nquestions: [{column: q, type: nps}, "
            "{column: q, type: nps}]",
            "the question 'q' is there twice"},
        Bad{"TwoForms", "kind: survey\nevent_time: {column: a, template: b}",
            "needs one of `column`"},
        Bad{"Template", "kind: survey\nevent_time: {template: '2017-{a'}", "'{' without '}'"},
        Bad{"NoActivity",
            "kind: interaction\nevent_time: t\nexternal_id: hash\ninteraction: {session: s}",
            "interaction needs `activity`"},
        Bad{"NoSection", "kind: chat\nevent_time: t\nexternal_id: hash", "`chat:` is missing"},
        Bad{"UnknownField",
            "kind: interaction\nevent_time: t\nexternal_id: hash\ninteraction: {activty: s, "
            "activity: a}",
            "unknown key 'activty' in interaction; allowed: activity, channel"},
        Bad{"Currency",
            "kind: interaction\nevent_time: t\nexternal_id: hash\ninteraction: {activity: a, "
            "revenue: p}",
            "revenue needs {column"},
        Bad{"GroupsHash", "kind: survey\nevent_time: t\ngroup_by: r\nexternal_id: hash",
            "does not go with group_by"},
        Bad{"GroupsEvents", "kind: interaction\nevent_time: t\ngroup_by: r",
            "group_by is for surveys"},
        Bad{"QuestionsOfEvents",
            "kind: interaction\nevent_time: t\nexternal_id: hash\ninteraction: {activity: "
            "a}\nquestions: []",
            "questions are for surveys and chats only"},
        Bad{"MatrixWithoutRows",
            "kind: survey\nevent_time: t\nexternal_id: i\nquestions:\n"
            "- {id: m, type: matrix, column: a}",
            "needs `rows: {row id: column}`"},
        Bad{"MatrixWithoutId",
            "kind: survey\nevent_time: t\nexternal_id: i\nquestions:\n"
            "- {type: matrix, rows: {a: b}}",
            "needs an `id`"},
        Bad{"TwoQuestionsOfAChat",
            "kind: chat\nevent_time: t\nexternal_id: i\nchat: {conversation: c, author: a}\n"
            "questions: [{column: a, type: csat}, {column: b, type: csat}]",
            "a chat has one question"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Mapping, OverridesChangeAndAddKeysBeforeItIsRead) {
  const auto mapping = Mapping::Parse(
      kSurvey, "m.yaml",
      {{"questions.nps.optional", "true"}, {"csv.delimiter", ";"}, {"questions.0.blank", "[11]"}});
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  EXPECT_TRUE(mapping->questions[0].answer.optional);
  EXPECT_TRUE(mapping->questions[0].answer.blank.contains("11"));
  EXPECT_EQ(mapping->csv.delimiter, ';');
  EXPECT_THAT(ErrorOf(kSurvey, {{"questions.Q9.optional", "true"}}),
              HasSubstr("leads nowhere: there is no 'Q9'"));
  EXPECT_THAT(ErrorOf(kSurvey, {{"sorce", "x"}}), HasSubstr("unknown key 'sorce'"));
}

TEST(Mapping, LoadNamesTheFile) {
  EXPECT_TRUE(absl::IsNotFound(Mapping::Load("/no/such.yaml").status()));
  const TempFile file("kind: poll", ".yaml");
  EXPECT_THAT(Mapping::Load(file.path()).status().message(), HasSubstr(file.path()));
}

}  // namespace
}  // namespace waymark::importers
