#include "libs/importers/xes_reader.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/importers/test_support.h"

namespace waymark::importers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

absl::StatusOr<ReadResult> Read(absl::string_view content, std::string case_key = "") {
  const TempFile file(content, ".xes");
  return ReadAll(Format::kXes, file.path(), {.source = "log", .case_key = std::move(case_key)});
}

std::string Event(absl::string_view name, absl::string_view time, absl::string_view more = "") {
  return absl::StrCat("<event><string key='concept:name' value='", name,
                      "'/><date key='time:timestamp' value='", time, "'/>", more, "</event>");
}

std::string Trace(absl::string_view name, absl::string_view events) {
  return absl::StrCat("<trace><string key='concept:name' value='", name, "'/>", events, "</trace>");
}

std::string AttributeOf(const feedback::v1::Signal& signal, absl::string_view key) {
  for (const auto& attribute : signal.attributes()) {
    if (attribute.key() == key) return attribute.value();
  }
  return "(none)";
}

TEST(Xes, EventsBecomeInteractionsOfTheirCase) {
  const auto result = Read(absl::StrCat(
      "<?xml version='1.0'?><log xes.version='1.0' xmlns='http://www.xes-standard.org/'>",
      "<global scope='event'><string key='concept:name' value='name'/></global>",
      "<trace><string key='concept:name' value='c1'/><int key='amount' value='5'/>",
      Event("Open", "2010-12-30T14:32:00.250+01:00", "<string key='org:resource' value='Pete'/>"),
      Event("Close", "2010-12-30T13:33:00Z"), "</trace><trace/>",
      Trace("c2", Event("Open &amp; go", "2010-12-31T00:00:00.000+00:00")), "</log>"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->errors, IsEmpty());
  EXPECT_THAT(result->warnings, IsEmpty());
  ASSERT_THAT(result->signals, SizeIs(3));
  const auto& first = result->signals[0];
  EXPECT_EQ(first.source(), "log");
  EXPECT_EQ(first.customer(), "c1");
  EXPECT_EQ(first.interaction().activity(), "Open");
  EXPECT_EQ(first.event_time().seconds(), 1293715920);
  EXPECT_EQ(first.event_time().nanos(), 250000000);
  EXPECT_EQ(AttributeOf(first, "org:resource"), "Pete");
  EXPECT_EQ(AttributeOf(first, "case:amount"), "5");
  EXPECT_EQ(first.sequence(), 1);
  EXPECT_EQ(result->signals[2].interaction().activity(), "Open & go");
  EXPECT_EQ(result->signals[2].customer(), "c2");
  EXPECT_EQ(result->bytes_read, result->total_bytes);
}

TEST(Xes, NestedAttributesAndListsAreLeftOut) {
  const auto result = Read(absl::StrCat(
      "<log>",
      Trace("c", Event("A", "2010-12-30T14:32:00Z",
                       "<string key='outer' value='kept'><string key='inner' value='no'/></string>"
                       "<list key='l'><values><string key='item' value='no'/></values></list>")),
      "</log>"));
  ASSERT_TRUE(result.ok());
  ASSERT_THAT(result->signals.at(0).attributes(), SizeIs(1));
  EXPECT_EQ(AttributeOf(result->signals[0], "outer"), "kept");
}

TEST(Xes, EventWithoutNameOrTimeIsAnErrorRow) {
  const auto result =
      Read(absl::StrCat("<log><trace><string key='concept:name' value='c'/>",
                        "<event><date key='time:timestamp' value='2010-12-30T14:32:00Z'/></event>",
                        "<event><string key='concept:name' value='A'/></event>", Event("B", "soon"),
                        Event("C", "2010-12-30T14:32:00Z"), "</trace><trace>",
                        Event("D", "2010-12-30T14:32:00Z"), "</trace></log>"));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->signals, SizeIs(1));
  EXPECT_THAT(result->errors,
              ElementsAre(HasSubstr("1: the event has no concept:name"),
                          HasSubstr("2: the event has no time:timestamp"),
                          HasSubstr("3: time:timestamp 'soon'"),
                          HasSubstr("5: neither the trace nor the event has concept:name")));
}

TEST(Xes, ExactRepeatsHaveIdsOfTheirOwnAndRereadingGivesTheSame) {
  const std::string twice = Event("A", "2010-12-30T14:32:00Z");
  const std::string log =
      absl::StrCat("<log>", Trace("c", twice + twice), Trace("d", twice), "</log>");
  const auto first = Read(log);
  const auto second = Read(log);
  std::set<std::string> ids;
  for (size_t i = 0; i < 3; ++i) {
    ids.insert(first->signals.at(i).external_id());
    EXPECT_EQ(first->signals[i].external_id(), second->signals.at(i).external_id());
  }
  EXPECT_THAT(ids, SizeIs(3));
}

TEST(Xes, CaseKeyNamesTheCustomerAndTheTraceBecomesTheSession) {
  const std::string log = absl::StrCat(
      "<log>",
      Trace("c", Event("A", "2010-12-30T14:32:00Z", "<string key='who' value='Ann'/>") +
                     Event("B", "2010-12-30T14:33:00Z")),
      "</log>");
  const auto result = Read(log, "who");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->signals.at(0).customer(), "Ann");
  EXPECT_EQ(result->signals[0].interaction().session(), "c");
  EXPECT_THAT(result->errors, ElementsAre(HasSubstr("has who, whom the event is about")));
}

TEST(Xes, WarnsOfTimesWithoutOffsetAndOfAttributesLeftOut) {
  const auto result = Read(absl::StrCat(
      "<log>",
      Trace("c", Event("A", "2010-12-30T14:32:00",
                       absl::StrCat("<string key='long' value='", std::string(300, 'x'), "'/>"))),
      "</log>"));
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->signals, SizeIs(1));
  EXPECT_THAT(result->warnings, ElementsAre(HasSubstr("taken as UTC"), HasSubstr("left out")));
}

TEST(Xes, RefusesWhatIsSomethingElse) {
  EXPECT_THAT(Read("").status().message(), HasSubstr("is empty"));
  EXPECT_THAT(Read("a,b\n1,2\n").status().message(), HasSubstr("is no XML"));
  EXPECT_THAT(Read("<log><trace>").status().message(), HasSubstr("is no XML"));
  EXPECT_THAT(Read("<html/>").status().message(), HasSubstr("its root is <html>"));
  EXPECT_THAT(Read("\x1f\x8b\x08").status().message(), HasSubstr("compressed"));
  const TempFile file("<log/>", ".xes");
  EXPECT_THAT(ReadAll(Format::kXes, file.path(), {}).status().message(), HasSubstr("--source"));
}

TEST(Xes, DoesNotExpandEntities) {
  const auto result =
      Read(absl::StrCat("<!DOCTYPE log [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><log>",
                        Trace("c", Event("&e;", "2010-12-30T14:32:00Z")), "</log>"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->signals.at(0).interaction().activity(), "&e;");
}

}  // namespace
}  // namespace waymark::importers
