#include "services/scoring/score_report.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/stats/distributions.h"
#include "libs/stats/intervals.h"
#include "libs/stats/multiple_testing.h"

namespace waymark::scoring {
namespace {

constexpr size_t kMaxQuotes = 3;
constexpr stats::Interval kScoreRange = {1, 100};

/// The mean score of each respondent within one group (a touchpoint, a stage, the journey).
class Respondents {
 public:
  void Add(Id respondent, double score) {
    Sum& sum = sums_[respondent];
    sum.score += score;
    ++sum.answers;
  }
  stats::Moments OverMeans() const {
    // In the order of the ids, so that equal evidence gives equal digits.
    std::vector<std::pair<Id, double>> means;
    means.reserve(sums_.size());
    for (const auto& [id, sum] : sums_) means.emplace_back(id, sum.score / sum.answers);
    std::sort(means.begin(), means.end());
    stats::Moments moments;
    for (const auto& [id, mean] : means) moments.Add(mean);
    return moments;
  }

 private:
  struct Sum {
    double score = 0;
    int32_t answers = 0;
  };
  absl::flat_hash_map<Id, Sum> sums_;
};

stats::Estimate Estimated(const stats::Moments& moments) {
  return stats::MeanEstimate(moments, {}, kScoreRange).value_or(stats::Estimate{});
}

// Customers who belong to the persona; empty `membership` has none, as nobody is asked.
absl::flat_hash_set<Id> Members(const EvidenceData& data, const MapModel& map) {
  absl::flat_hash_set<Id> members;
  if (map.membership.empty()) return members;
  const std::vector<bool> matching = MatchingAttributeSets(data, map.membership);
  for (const RatingRow& row : data.ratings) {
    if (row.counts && matching[row.attributes]) members.insert(data.PersonOf(row.respondent));
  }
  for (const InteractionRow& row : data.interactions) {
    if (row.counts && matching[row.attributes]) members.insert(data.PersonOf(row.customer));
  }
  return members;
}

/// Sums the evidence of one map, step by step.
class Scorer {
 public:
  Scorer(const EvidenceData& data, const MapModel& map, int64_t from_micros, int64_t to_micros)
      : data_(data),
        map_(map),
        filter_(data, {.sources = map.sources, .from_micros = from_micros, .to_micros = to_micros}),
        members_(Members(data, map)),
        steps_of_touchpoint_(data.touchpoints.size()),
        by_step_(map.steps.size()),
        by_stage_(map.stages.size()),
        reached_(map.steps.size()) {
    for (size_t i = 0; i < map.steps.size(); ++i) {
      const Id touchpoint = data.touchpoints.Find(map.steps[i].touchpoint);
      if (touchpoint != kNone) steps_of_touchpoint_[touchpoint].push_back(i);
    }
    for (size_t i = 0; i < map.stages.size(); ++i) stage_index_[map.stages[i].id] = i;
  }

  Report Run() {
    for (const RatingRow& row : data_.ratings) AddRating(row);
    for (const InteractionRow& row : data_.interactions) AddInteraction(row);
    Report report;
    report.score = Estimated(journey_.OverMeans());
    for (size_t i = 0; i < map_.stages.size(); ++i) {
      report.stages.push_back(
          {map_.stages[i].id, map_.stages[i].display_name, Estimated(by_stage_[i].OverMeans())});
    }
    for (size_t i = 0; i < map_.steps.size(); ++i) {
      Report::Step step;
      step.model = map_.steps[i];
      step.moments = by_step_[i].OverMeans();
      step.score = Estimated(step.moments);
      step.reach = static_cast<int64_t>(reached_[i].size());
      report.steps.push_back(std::move(step));
    }
    return report;
  }

 private:
  bool IsMember(Id customer) const {
    return map_.membership.empty() || members_.contains(customer);
  }

  void AddRating(const RatingRow& row) {
    if (!row.counts || !row.rated || steps_of_touchpoint_[row.touchpoint].empty()) return;
    const Id source = data_.questions[row.question].source;
    const Id person = data_.PersonOf(row.respondent);
    if (!filter_.Takes(source, row.attributes, row.time_micros) || !IsMember(person)) return;
    journey_.Add(person, row.score);
    size_t last_stage = map_.stages.size();
    for (size_t step : steps_of_touchpoint_[row.touchpoint]) {
      by_step_[step].Add(person, row.score);
      reached_[step].insert(person);
      // Two steps of a stage on one touchpoint share its answers: they count once in the stage.
      const size_t stage = stage_index_.at(map_.steps[step].stage);
      if (stage != last_stage) by_stage_[stage].Add(person, row.score);
      last_stage = stage;
    }
  }

  void AddInteraction(const InteractionRow& row) {
    if (!row.counts || row.customer == kNone) return;
    const std::vector<size_t>& steps = steps_of_touchpoint_[row.touchpoint];
    if (steps.empty() || !filter_.Takes(row.source, row.attributes, row.time_micros)) return;
    const Id person = data_.PersonOf(row.customer);
    if (!IsMember(person)) return;
    for (size_t step : steps) reached_[step].insert(person);
  }

  const EvidenceData& data_;
  const MapModel& map_;
  const RowFilter filter_;
  const absl::flat_hash_set<Id> members_;
  std::vector<std::vector<size_t>> steps_of_touchpoint_;
  absl::flat_hash_map<std::string, size_t> stage_index_;
  Respondents journey_;
  std::vector<Respondents> by_step_;
  std::vector<Respondents> by_stage_;
  std::vector<absl::flat_hash_set<Id>> reached_;
};

bool IsScored(const Report::Step& step) { return !step.score.suppressed; }

double SquaredError(const Report::Step& step) {
  return step.moments.standard_error() * step.moments.standard_error();
}

// The mean of the scored steps, as an estimate; n counts the fewest customers of one of them.
stats::Estimate MeanOfSteps(const Report& report) {
  double sum = 0, squared_errors = 0;
  int64_t steps = 0, n = 0;
  for (const Report::Step& step : report.steps) {
    if (!IsScored(step)) continue;
    sum += step.moments.mean();
    squared_errors += SquaredError(step);
    n = steps == 0 ? step.score.n : std::min(n, step.score.n);
    ++steps;
  }
  if (steps == 0) return {};
  const double mean = sum / static_cast<double>(steps);
  const double half = stats::NormalQuantile(0.5 + stats::kDefaultConfidence / 2) *
                      std::sqrt(squared_errors) / static_cast<double>(steps);
  return stats::MakeEstimate(mean, stats::Clamp({mean - half, mean + half}, kScoreRange), n, {});
}

// Standard error of "step minus baseline" when the baseline is the mean of k independent steps, of
// which this is one: the step's own error weighs 1 - 1/k, each other's 1/k. Steps rated by the same
// customers are positively correlated, which makes the true error smaller: the test errs towards
// calling nothing a pain point.
double ErrorAgainstMean(const Report& report, const Report::Step& step) {
  double all = 0;
  double k = 0;
  for (const Report::Step& other : report.steps) {
    if (!IsScored(other)) continue;
    all += SquaredError(other);
    ++k;
  }
  const double own = SquaredError(step);
  return std::sqrt((1 - 1 / k) * (1 - 1 / k) * own + (all - own) / (k * k));
}

void CompareWithBaseline(Report* report) {
  for (Report::Step& step : report->steps) {
    if (!IsScored(step)) continue;
    step.difference = step.moments.mean() - report->baseline.value;
    step.standard_error = report->baseline_is_target ? step.moments.standard_error()
                                                     : ErrorAgainstMean(*report, step);
    if (step.score.n < kMinimumForPainPoint || step.standard_error <= 0) continue;
    const double t = step.difference / step.standard_error;
    // Two-sided, because which side a step is on is not known before: of maps on which nothing is
    // wrong, half as many then show red.
    step.p_value = 2 * stats::StudentTCdf(-std::abs(t), static_cast<double>(step.score.n - 1));
  }
}

void CallPainPoints(Report* report) {
  std::vector<Report::Step*> tested;
  std::vector<double> p_values;
  for (Report::Step& step : report->steps) {
    if (!IsScored(step) || step.score.n < kMinimumForPainPoint || step.standard_error <= 0)
      continue;
    tested.push_back(&step);
    p_values.push_back(step.p_value);
  }
  const auto adjusted = stats::BenjaminiHochberg(p_values);
  for (size_t i = 0; i < tested.size(); ++i) {
    Report::Step& step = *tested[i];
    step.adjusted_p_value = adjusted.ok() ? (*adjusted)[i] : 1;
    step.pain_point = step.difference < 0 && step.adjusted_p_value <= kFalseDiscoveryRate;
    if (!step.pain_point) continue;
    step.reason = absl::StrFormat(
        "%.1f against a baseline of %.1f: %.1f points below, n %d, %s", step.score.value,
        report->baseline.value, -step.difference, step.score.n,
        step.adjusted_p_value < 0.001 ? "p < 0.001"
                                      : absl::StrFormat("p %.3f", step.adjusted_p_value));
  }
}

// The comments that go with the lowest ratings, the latest first, each text once.
void Quote(const EvidenceData& data, const MapModel& map, int64_t from_micros, int64_t to_micros,
           Report* report) {
  const RowFilter filter(
      data, {.sources = map.sources, .from_micros = from_micros, .to_micros = to_micros});
  for (Report::Step& step : report->steps) {
    const Id touchpoint = data.touchpoints.Find(step.model.touchpoint);
    std::vector<const CommentRow*> comments;
    for (const CommentRow& row : data.comments) {
      if (row.counts && touchpoint != kNone && row.touchpoint == touchpoint &&
          filter.Takes(row.source, kNone, row.time_micros)) {
        comments.push_back(&row);
      }
    }
    std::sort(comments.begin(), comments.end(), [](const CommentRow* a, const CommentRow* b) {
      return std::tie(a->score, b->time_micros, a->text) <
             std::tie(b->score, a->time_micros, b->text);
    });
    for (const CommentRow* row : comments) {
      if (step.quotes.size() == kMaxQuotes) break;
      if (std::find(step.quotes.begin(), step.quotes.end(), row->text) == step.quotes.end()) {
        step.quotes.push_back(row->text);
      }
    }
  }
}

}  // namespace

Report ScoreMap(const EvidenceData& data, const MapModel& map, int64_t from_micros,
                int64_t to_micros) {
  Report report = Scorer(data, map, from_micros, to_micros).Run();
  report.baseline_is_target = map.target_score > 0;
  if (report.baseline_is_target) {
    const double target = map.target_score;
    report.baseline = {
        .value = target, .lower = target, .upper = target, .n = 0, .suppressed = false};
  } else {
    report.baseline = MeanOfSteps(report);
  }
  if (report.baseline.suppressed) return report;
  CompareWithBaseline(&report);
  CallPainPoints(&report);
  Quote(data, map, from_micros, to_micros, &report);
  return report;
}

}  // namespace waymark::scoring
