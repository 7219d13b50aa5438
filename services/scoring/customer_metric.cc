#include "services/scoring/customer_metric.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status_macros.h"
#include "services/scoring/errors.h"

namespace waymark::scoring {
namespace {

constexpr size_t kMaxListed = 20;
constexpr size_t kMaxDescribed = 5;

bool IsKind(const Question& question, MetricQuery::Kind kind) {
  switch (kind) {
    case MetricQuery::Kind::kNps:
      return question.kind == QuestionKind::kNps;
    case MetricQuery::Kind::kCsat:
      return question.kind == QuestionKind::kCsat;
    case MetricQuery::Kind::kCes:
      return question.kind == QuestionKind::kCes;
  }
  return false;
}

std::string Describe(const stats::Scale& scale) {
  return absl::StrCat(scale.min, "-", scale.max, scale.higher_is_better ? "" : " (low is good)");
}

bool SameScale(const stats::Scale& a, const stats::Scale& b) {
  return a.min == b.min && a.max == b.max && a.higher_is_better == b.higher_is_better;
}

// By index, the questions that the query means: all of one id.
absl::StatusOr<std::vector<bool>> ChooseQuestions(const EvidenceData& data,
                                                  const MetricQuery& query) {
  absl::btree_set<std::string> known, chosen_ids;
  std::vector<bool> chosen(data.questions.size(), false);
  for (size_t i = 0; i < data.questions.size(); ++i) {
    const Question& question = data.questions[i];
    if (question.rows == 0) continue;
    const std::vector<std::string>& sources = query.selection.sources;
    if (!sources.empty() && !absl::c_linear_search(sources, data.sources.Name(question.source))) {
      continue;
    }
    if (known.size() < kMaxListed) known.insert(question.id);
    if (query.question.empty() ? !IsKind(question, query.kind) : question.id != query.question) {
      continue;
    }
    chosen[i] = true;
    chosen_ids.insert(question.id);
  }
  if (chosen_ids.empty()) {
    return QuestionNotFound(query.question, {known.begin(), known.end()});
  }
  if (chosen_ids.size() > 1) {
    return QuestionNotFound("", {chosen_ids.begin(), chosen_ids.end()});
  }
  return chosen;
}

bool Holds(const std::vector<QuestionVersion>& versions, absl::string_view id) {
  return absl::c_any_of(versions, [&](const auto& version) { return version.id == id; });
}

std::string Describe(const QuestionVersion& version) {
  std::string text = absl::StrCat(version.id, " (", Describe(version.scale));
  if (!version.source_version.empty()) absl::StrAppend(&text, ", ", version.source_version);
  if (!version.text.empty()) absl::StrAppend(&text, ", '", version.text, "'");
  return absl::StrCat(text, ", n ", version.answers, ")");
}

std::string DescribeAll(const std::vector<QuestionVersion>& versions) {
  const size_t listed = std::min(versions.size(), kMaxDescribed);
  return absl::StrJoin(versions.begin(), versions.begin() + listed, "; ",
                       [](std::string* out, const auto& version) { *out += Describe(version); });
}

absl::Status CheckOneScale(const std::vector<QuestionVersion>& versions) {
  for (const QuestionVersion& version : versions) {
    if (SameScale(version.scale, versions[0].scale)) continue;
    return MetricMismatch(absl::StrCat(
        "the question was asked on the scales ", Describe(versions[0].scale), " and ",
        Describe(version.scale), "; name one source or version of ", DescribeAll(versions)));
  }
  return absl::OkStatus();
}

// Of the versions of a question, the newest first, those that count and the others that the
// selection has answers to.
absl::Status ChooseVersions(const MetricQuery& query, const std::vector<QuestionVersion>& all,
                            MetricAnswer* answer) {
  for (const std::string& id : query.versions) {
    if (!Holds(all, id)) return QuestionVersionNotFound(id, DescribeAll(all));
  }
  for (const QuestionVersion& version : all) {
    if (absl::c_linear_search(query.versions, version.id)) {
      answer->versions.push_back(version);
    } else if (version.answers > 0) {
      answer->other_versions.push_back(version);
    }
  }
  if (query.versions.empty()) {
    std::vector<QuestionVersion>& answered = answer->other_versions;
    WM_RETURN_IF_ERROR(CheckOneScale(answered));
    answer->versions.push_back(answered.empty() ? all[0] : answered[0]);
    if (!answered.empty()) answered.erase(answered.begin());
  }
  answer->scale = answer->versions[0].scale;
  return CheckOneScale(answer->versions);
}

absl::StatusOr<stats::Estimate> Estimate(const MetricQuery& query, const stats::Tally& tally,
                                         const std::vector<stats::WeightedAnswer>& weighted,
                                         MetricAnswer* answer) {
  const stats::Reporting reporting = {.confidence = query.confidence};
  switch (query.kind) {
    case MetricQuery::Kind::kNps:
      if (!SameScale(answer->scale, stats::kNpsScale)) {
        return MetricMismatch(absl::StrCat("NPS needs answers on the scale 0-10, these are on ",
                                           Describe(answer->scale), "; try csat"));
      }
      answer->definition = query.weighted
                               ? "weighted share of 9-10 minus share of 0-6, linearised interval"
                               : "share of 9-10 minus share of 0-6, normal interval";
      return query.weighted ? stats::WeightedNps(weighted, reporting)
                            : stats::Nps(tally, reporting);
    case MetricQuery::Kind::kCsat:
      answer->definition =
          absl::StrCat("share of the ", query.top_boxes, " best values, Wilson interval");
      return stats::Csat(tally, answer->scale, query.top_boxes, reporting);
    case MetricQuery::Kind::kCes:
      answer->definition = query.ces == stats::CesConvention::kMean ? "mean, t interval"
                           : query.ces == stats::CesConvention::kEasyShare
                               ? "share above the middle of the scale, Wilson interval"
                               : "share of the 2 best values minus share of the 2 worst";
      return stats::Ces(tally, query.ces, answer->scale, reporting);
  }
  return absl::InternalError("unknown metric");
}

}  // namespace

absl::StatusOr<MetricAnswer> ComputeMetric(const EvidenceData& data, const MetricQuery& query) {
  for (const std::string& source : query.selection.sources) {
    const Id id = data.sources.Find(source);
    if (id == kNone || data.signals_of_source[id] == 0) return SourceNotFound(source);
  }
  MetricAnswer answer;
  WM_ASSIGN_OR_RETURN(std::vector<bool> chosen, ChooseQuestions(data, query));
  const RowFilter filter(data, query.selection);
  const std::vector<QuestionVersion> versions = VersionsOf(data, chosen, filter);
  WM_RETURN_IF_ERROR(ChooseVersions(query, versions, &answer));
  // What was only ever left blank says nothing that could be of another version.
  for (const QuestionVersion& version : versions) {
    const bool counts = !version.begun() || Holds(answer.versions, version.id);
    for (const uint32_t question : version.questions) chosen[question] = counts;
  }
  stats::Tally tally;
  std::vector<stats::WeightedAnswer> weighted;
  for (const RatingRow& row : data.ratings) {
    if (!row.counts || !chosen[row.question]) continue;
    if (!filter.Takes(data.questions[row.question].source, row.attributes, row.time_micros))
      continue;
    if (!row.rated) {
      ++answer.not_rated;
      continue;
    }
    tally.Add(row.value);
    // A weight of 0 takes an answer out of a weighted sample.
    if (query.weighted && row.weight > 0) weighted.push_back({row.value, row.weight});
  }
  absl::StatusOr<stats::Estimate> estimate = Estimate(query, tally, weighted, &answer);
  if (absl::IsInvalidArgument(estimate.status())) {
    return MetricMismatch(estimate.status().message());
  }
  WM_ASSIGN_OR_RETURN(answer.estimate, std::move(estimate));
  answer.distribution.assign(tally.counts().begin(), tally.counts().end());
  return answer;
}

}  // namespace waymark::scoring
