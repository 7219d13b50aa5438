#include "services/feedback/source_drift.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"

namespace waymark::feedback {
namespace {

using google::protobuf::util::TimeUtil;

constexpr absl::Duration kMinMissing = absl::Hours(7 * 24);
constexpr int kMissedIntervals = 20;

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(time));
}

// "chat" for SOURCE_KIND_CHAT.
std::string KindText(v1::SourceKind kind) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::SourceKind_Name(kind), "SOURCE_KIND_"));
}

std::string TypeText(v1::QuestionType type) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::QuestionType_Name(type), "QUESTION_TYPE_"));
}

std::string ScaleText(const v1::QuestionVersion& version) {
  if (!version.has_scale()) return "none";
  return absl::StrCat(version.scale().min(), " to ", version.scale().max(),
                      version.scale().lower_is_better() ? " (lower is better)" : "");
}

std::string Quoted(absl::string_view text) {
  return text.empty() ? "none" : absl::StrCat("'", text, "'");
}

// What differs between two versions of a question.
std::string Difference(const v1::QuestionVersion& before, const v1::QuestionVersion& after) {
  std::vector<std::string> parts;
  const auto add = [&](absl::string_view what, const std::string& was, const std::string& is) {
    if (was != is) parts.push_back(absl::StrCat(what, " was ", was, ", is ", is));
  };
  add("text", Quoted(before.text()), Quoted(after.text()));
  add("type", TypeText(before.type()), TypeText(after.type()));
  add("scale", ScaleText(before), ScaleText(after));
  add("the source's version", Quoted(before.source_version()), Quoted(after.source_version()));
  return absl::StrCat("version ", after.version(), ": ", absl::StrJoin(parts, "; "));
}

class Finder {
 public:
  Finder(const KnownSchema& schema, const SourceExpectation& expectation)
      : schema_(schema), expectation_(expectation) {
    for (const KnownSchema::Kind& kind : schema.kinds) {
      last_seen_ = std::max(last_seen_, kind.last_seen);
    }
  }

  std::vector<v1::SchemaDrift> Find() {
    for (size_t begin = 0; begin < schema_.questions.size();) {
      size_t end = begin + 1;
      while (end < schema_.questions.size() && schema_.questions[end].version.question() ==
                                                   schema_.questions[begin].version.question()) {
        ++end;
      }
      CheckQuestion(absl::MakeConstSpan(schema_.questions).subspan(begin, end - begin));
      begin = end;
    }
    for (const v1::ActivityUse& activity : schema_.activities) CheckActivity(activity);
    CheckKinds();
    CheckRetired();
    std::stable_sort(drifts_.begin(), drifts_.end(),
                     [](const auto& a, const auto& b) { return a.kind() < b.kind(); });
    return std::move(drifts_);
  }

 private:
  void Add(v1::SchemaDrift::Kind kind, absl::string_view subject, std::string detail,
           absl::Time time) {
    v1::SchemaDrift& drift = drifts_.emplace_back();
    drift.set_kind(kind);
    drift.set_subject(std::string(subject));
    drift.set_detail(std::move(detail));
    *drift.mutable_time() = TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
  }

  bool IsNew(absl::Time first_seen) const {
    return expectation_.accept_time && first_seen > *expectation_.accept_time;
  }
  bool IsUnsettled(absl::Time seen) const {
    return !expectation_.accept_time || seen > *expectation_.accept_time;
  }

  // Whether what came `count` times between `first` and `last` is overdue.
  bool IsMissing(int64_t count, absl::Time first, absl::Time last) const {
    if (count < 2) return false;
    absl::Duration interval = (last - first) / (count - 1);
    if (expectation_.interval) interval = std::max(interval, *expectation_.interval);
    return last_seen_ - last > std::max(kMinMissing, interval * kMissedIntervals);
  }

  void CheckQuestion(absl::Span<const KnownSchema::Question> versions) {
    const std::string& question = versions[0].version.question();
    int64_t answers = 0;
    absl::Time first = absl::InfiniteFuture();
    absl::Time last = absl::InfinitePast();
    const KnownSchema::Question* before = nullptr;
    for (const KnownSchema::Question& one : versions) {
      answers += one.version.answers();
      first = std::min(first, TimeOf(one.version.first_seen_time()));
      last = std::max(last, TimeOf(one.version.last_seen_time()));
      if (IsNew(one.listed_since)) {
        before == nullptr
            ? Add(v1::SchemaDrift::KIND_QUESTION_ADDED, question,
                  absl::StrCat("text ", Quoted(one.version.text()), ", type ",
                               TypeText(one.version.type()), ", scale ", ScaleText(one.version)),
                  one.listed_since)
            : Add(v1::SchemaDrift::KIND_QUESTION_CHANGED, question,
                  Difference(before->version, one.version), one.listed_since);
      }
      before = &one;
    }
    if (!IsMissing(answers, first, last)) return;
    Add(v1::SchemaDrift::KIND_QUESTION_MISSING, question,
        absl::StrCat(answers, " answers, none of late"), last);
  }

  void CheckActivity(const v1::ActivityUse& use) {
    const absl::Time first = TimeOf(use.first_seen_time());
    const absl::Time last = TimeOf(use.last_seen_time());
    if (IsNew(first)) {
      Add(v1::SchemaDrift::KIND_ACTIVITY_ADDED, use.activity(),
          absl::StrCat(use.signals(), " interactions so far"), first);
    }
    if (!IsMissing(use.signals(), first, last)) return;
    Add(v1::SchemaDrift::KIND_ACTIVITY_MISSING, use.activity(),
        absl::StrCat(use.signals(), " interactions, none of late"), last);
  }

  void CheckKinds() {
    const v1::SourceKind expected = ExpectedKind(expectation_.kind, schema_);
    for (const KnownSchema::Kind& one : schema_.kinds) {
      if (one.kind == expected || !IsUnsettled(one.first_seen)) continue;
      Add(v1::SchemaDrift::KIND_OTHER_KIND, "",
          absl::StrCat(one.signals, " signals of kind ", KindText(one.kind), "; the source's is ",
                       KindText(expected)),
          one.first_seen);
    }
  }

  void CheckRetired() {
    if (expectation_.status != v1::Source::STATUS_RETIRED || !expectation_.retire_time) return;
    if (last_seen_ <= *expectation_.retire_time || !IsUnsettled(last_seen_)) return;
    Add(v1::SchemaDrift::KIND_RETIRED_SENDS, "",
        absl::StrCat("retired on ",
                     absl::FormatTime("%Y-%m-%d", *expectation_.retire_time, absl::UTCTimeZone()),
                     ", and sends still"),
        last_seen_);
  }

  const KnownSchema& schema_;
  const SourceExpectation& expectation_;
  absl::Time last_seen_ = absl::InfinitePast();
  std::vector<v1::SchemaDrift> drifts_;
};

}  // namespace

v1::SourceKind ExpectedKind(v1::SourceKind declared, const KnownSchema& schema) {
  if (declared != v1::SOURCE_KIND_UNSPECIFIED || schema.kinds.empty()) return declared;
  return schema.kinds[0].kind;
}

std::vector<v1::SchemaDrift> FindDrifts(const KnownSchema& schema,
                                        const SourceExpectation& expectation) {
  return Finder(schema, expectation).Find();
}

bool IsSilent(const SourceExpectation& expectation, absl::Time last_seen, absl::Time now) {
  return expectation.status == v1::Source::STATUS_ACTIVE && expectation.interval &&
         now - last_seen > *expectation.interval;
}

}  // namespace waymark::feedback
