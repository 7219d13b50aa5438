#include "services/journey/validation.h"

#include <cmath>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "libs/base/ids.h"

namespace waymark::journey {
namespace {

constexpr size_t kMaxLabel = 256;
constexpr size_t kMaxText = 4096;
constexpr int kMaxListed = 100;
constexpr int kMaxRules = 200;
constexpr int kMaxStages = 20;
constexpr int kMaxSteps = 50;

void Add(absl::string_view field, absl::string_view value, absl::string_view what_to_do,
         Problems& problems) {
  problems.push_back({std::string(field), std::string(value), std::string(what_to_do)});
}

void CheckSet(absl::string_view field, absl::string_view value, Problems& problems) {
  if (value.empty()) Add(field, value, "must not be empty", problems);
}

std::string At(absl::string_view field, int index) { return absl::StrCat(field, "[", index, "]"); }

std::string Within(absl::string_view parent, absl::string_view field) {
  return absl::StrCat(parent, ".", field);
}

void CheckLength(absl::string_view field, absl::string_view text, size_t limit,
                 Problems& problems) {
  if (text.size() <= limit) return;
  Add(field, text, absl::StrCat("has ", text.size(), " bytes; shorten it to ", limit, " at most"),
      problems);
}

void CheckId(absl::string_view field, absl::string_view id, Problems& problems) {
  if (IsValidId(id)) return;
  Add(field, id, "must be 1-128 characters of [A-Za-z0-9_.~:@-]", problems);
}

/// `what` in the plural.
void CheckCount(absl::string_view field, int count, int least, int most, absl::string_view what,
                Problems& problems) {
  if (count >= least && count <= most) return;
  Add(field, absl::StrCat(count, " ", what), absl::StrFormat("must be %d to %d", least, most),
      problems);
}

template <typename Texts>
void CheckTexts(absl::string_view field, const Texts& texts, size_t limit, Problems& problems) {
  CheckCount(field, texts.size(), 0, kMaxListed, "entries", problems);
  for (int i = 0; i < texts.size(); ++i) {
    CheckSet(At(field, i), texts[i], problems);
    CheckLength(At(field, i), texts[i], limit, problems);
  }
}

template <typename Conditions>
void CheckConditions(absl::string_view field, const Conditions& conditions, Problems& problems) {
  CheckCount(field, conditions.size(), 0, kMaxListed, "conditions", problems);
  for (int i = 0; i < conditions.size(); ++i) {
    const common::v1::AttributeCondition& condition = conditions[i];
    CheckSet(Within(At(field, i), "key"), condition.key(), problems);
    CheckLength(Within(At(field, i), "key"), condition.key(), 64, problems);
    CheckCount(Within(At(field, i), "values"), condition.values_size(), 1, kMaxListed, "values",
               problems);
    CheckTexts(Within(At(field, i), "values"), condition.values(), kMaxLabel, problems);
  }
}

void CheckRule(const std::string& field, const v1::PlacementRule& rule, Problems& problems) {
  if (rule.source().empty() && rule.question().empty() && rule.activity().empty() &&
      rule.channel().empty()) {
    Add(field, "", "sets nothing; set source, question, activity or channel", problems);
  }
  if (!rule.source().empty()) CheckId(Within(field, "source"), rule.source(), problems);
  CheckLength(Within(field, "question"), rule.question(), 128, problems);
  CheckLength(Within(field, "activity"), rule.activity(), 256, problems);
  CheckLength(Within(field, "channel"), rule.channel(), 128, problems);
}

/// A map's persona is of the map's own tenant.
void CheckPersonaName(const v1::JourneyMap& map, Problems& problems) {
  const std::string prefix =
      absl::StrCat(map.name().substr(0, map.name().find("/journeyMaps/")), "/personas/");
  absl::string_view id = map.persona();
  if (absl::ConsumePrefix(&id, prefix) && IsValidId(id)) return;
  Add("persona", map.persona(), absl::StrCat("must be ", prefix, "{persona}"), problems);
}

bool IsDate(const std::string& text) {
  absl::CivilDay day;
  return absl::ParseCivilTime(text, &day) && absl::FormatCivilTime(day) == text;
}

/// Walks the stages of one map: ids must differ across all of it.
class StageChecker {
 public:
  explicit StageChecker(Problems& problems) : problems_(problems) {}

  void Visit(const std::string& field, const v1::Stage& stage) {
    CheckUnique(Within(field, "id"), stage.id(), stages_, "stage");
    CheckLength(Within(field, "display_name"), stage.display_name(), kMaxLabel, problems_);
    CheckCount(Within(field, "steps"), stage.steps_size(), 1, kMaxSteps, "steps", problems_);
    for (int i = 0; i < stage.steps_size(); ++i) {
      Visit(At(Within(field, "steps"), i), stage.steps(i));
    }
  }

 private:
  void Visit(const std::string& field, const v1::Step& step) {
    CheckUnique(Within(field, "id"), step.id(), steps_, "step");
    CheckLength(Within(field, "display_name"), step.display_name(), kMaxLabel, problems_);
    CheckId(Within(field, "touchpoint"), step.touchpoint(), problems_);
    CheckLength(Within(field, "doing"), step.doing(), kMaxText, problems_);
    CheckLength(Within(field, "expectation"), step.expectation(), kMaxText, problems_);
  }

  void CheckUnique(const std::string& field, const std::string& id,
                   absl::flat_hash_set<std::string>& seen, absl::string_view what) {
    CheckId(field, id, problems_);
    if (!seen.insert(id).second) {
      Add(field, id,
          absl::StrCat("is the id of another ", what, " of this map; give each ", what, " its own"),
          problems_);
    }
  }

  Problems& problems_;
  absl::flat_hash_set<std::string> stages_;
  absl::flat_hash_set<std::string> steps_;
};

void CheckScore(const std::string& field, const common::v1::Estimate& score, Problems& problems) {
  if (!(score.value() >= 0 && score.value() <= 100)) {
    Add(Within(field, "value"), absl::StrCat(score.value()), "must be 0 to 100", problems);
  }
  if (!std::isfinite(score.lower()) || !std::isfinite(score.upper())) {
    Add(field, absl::StrCat(score.lower(), "..", score.upper()), "must have a finite interval",
        problems);
  }
}

}  // namespace

Problems Check(const v1::Touchpoint& touchpoint) {
  Problems problems;
  CheckLength("display_name", touchpoint.display_name(), kMaxLabel, problems);
  CheckLength("channel", touchpoint.channel(), 128, problems);
  CheckCount("rules", touchpoint.rules_size(), 0, kMaxRules, "rules", problems);
  for (int i = 0; i < touchpoint.rules_size(); ++i) {
    CheckRule(At("rules", i), touchpoint.rules(i), problems);
  }
  return problems;
}

Problems Check(const v1::Persona& persona) {
  Problems problems;
  CheckLength("display_name", persona.display_name(), kMaxLabel, problems);
  CheckLength("description", persona.description(), kMaxText, problems);
  CheckTexts("goals", persona.goals(), kMaxText, problems);
  CheckTexts("needs", persona.needs(), kMaxText, problems);
  CheckTexts("expectations", persona.expectations(), kMaxText, problems);
  CheckConditions("membership", persona.membership(), problems);
  return problems;
}

Problems Check(const v1::JourneyMap& map) {
  Problems problems;
  CheckLength("display_name", map.display_name(), kMaxLabel, problems);
  CheckLength("purpose", map.purpose(), kMaxText, problems);
  CheckLength("owner", map.owner(), kMaxLabel, problems);
  if (!v1::JourneyMap::Kind_IsValid(map.kind())) {
    Add("kind", absl::StrCat(map.kind()), "must be KIND_AS_IS or KIND_TO_BE", problems);
  }
  if (!map.persona().empty()) {
    CheckPersonaName(map, problems);
  }
  if (!map.review_date().empty() && !IsDate(map.review_date())) {
    Add("review_date", map.review_date(), "must be a day of the calendar, YYYY-MM-DD", problems);
  }
  if (map.target_score() != 0 && !(map.target_score() >= 1 && map.target_score() <= 100)) {
    Add("target_score", absl::StrCat(map.target_score()),
        "must be 1 to 100, or 0 for the journey's mean", problems);
  }
  CheckCount("sources", map.sources_size(), 0, kMaxListed, "sources", problems);
  for (int i = 0; i < map.sources_size(); ++i) {
    CheckId(At("sources", i), map.sources(i), problems);
  }
  CheckCount("stages", map.stages_size(), 1, kMaxStages, "stages", problems);
  StageChecker checker(problems);
  for (int i = 0; i < map.stages_size(); ++i) checker.Visit(At("stages", i), map.stages(i));
  return problems;
}

Problems Check(const v1::MapOverlay& overlay, const v1::JourneyMap& map) {
  Problems problems;
  absl::flat_hash_set<absl::string_view> open;
  for (const v1::Stage& stage : map.stages()) {
    for (const v1::Step& step : stage.steps()) open.insert(step.id());
  }
  if (overlay.has_baseline()) CheckScore("overlay.baseline", overlay.baseline(), problems);
  for (int i = 0; i < overlay.steps_size(); ++i) {
    const v1::StepOverlay& step = overlay.steps(i);
    const std::string field = At("overlay.steps", i);
    if (open.erase(step.step()) == 0) {
      Add(Within(field, "step"), step.step(),
          absl::StrCat("must be a step of '", map.name(), "', each at most once"), problems);
    }
    if (step.has_score()) CheckScore(Within(field, "score"), step.score(), problems);
  }
  return problems;
}

Problems Check(const common::v1::SignalFilter& filter) {
  Problems problems;
  CheckCount("filter.sources", filter.sources_size(), 0, kMaxListed, "sources", problems);
  for (int i = 0; i < filter.sources_size(); ++i) {
    CheckId(At("filter.sources", i), filter.sources(i), problems);
  }
  CheckConditions("filter.attributes", filter.attributes(), problems);
  return problems;
}

}  // namespace waymark::journey
