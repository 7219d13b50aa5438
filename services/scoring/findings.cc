#include "services/scoring/findings.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "libs/stats/comparisons.h"
#include "libs/stats/intervals.h"
#include "libs/stats/multiple_testing.h"

namespace waymark::scoring {
namespace {

constexpr double kFalseDiscoveryRate = 0.05;
constexpr int64_t kMinimumGroup = 30;
constexpr size_t kMaxSegmentsOfKey = 50;
constexpr double kMinimumSegmentLoss = 3;       // points of 1..100
constexpr double kMinimumHandoffExcess = 0.05;  // share of cases
constexpr int64_t kDayMicros = int64_t{86'400} * 1'000'000;
constexpr int64_t kRecentDays = 28;
constexpr int64_t kEarlierDays = 56;
constexpr int64_t kMinimumEarlierUse = 4;
constexpr double kHealthyShare = 0.6;
constexpr double kGoodScore = 70;

// Keeps the tests whose adjusted p-value is small enough, largest effect first.
template <typename Finding, typename Effect>
std::vector<Finding> Significant(std::vector<Finding> tested, const std::vector<double>& p_values,
                                 Effect effect) {
  const auto adjusted = stats::BenjaminiHochberg(p_values);
  if (!adjusted.ok()) return {};
  std::vector<Finding> found;
  for (size_t i = 0; i < tested.size(); ++i) {
    tested[i].adjusted_p_value = (*adjusted)[i];
    if ((*adjusted)[i] <= kFalseDiscoveryRate) found.push_back(std::move(tested[i]));
  }
  std::stable_sort(found.begin(), found.end(),
                   [&](const Finding& a, const Finding& b) { return effect(a) > effect(b); });
  return found;
}

/// One customer's mean score and the attributes that their latest rating came with.
struct Customer {
  double sum = 0;
  int32_t answers = 0;
  Id attributes = kNone;
  int64_t time_micros = std::numeric_limits<int64_t>::min();
};

absl::flat_hash_map<Id, Customer> RatingCustomers(const EvidenceData& data,
                                                  const Selection& selection) {
  const RowFilter filter(data, selection);
  absl::flat_hash_map<Id, Customer> customers;
  for (const RatingRow& row : data.ratings) {
    if (!row.counts || !row.rated) continue;
    if (!filter.Takes(data.questions[row.question].source, row.attributes, row.time_micros))
      continue;
    Customer& customer = customers[data.PersonOf(row.respondent)];
    customer.sum += row.score;
    ++customer.answers;
    if (row.time_micros >= customer.time_micros) {
      customer.time_micros = row.time_micros;
      customer.attributes = row.attributes;
    }
  }
  return customers;
}

/// The customers' mean scores, by value of one attribute. The total is merged from the values.
using ValueMoments = absl::flat_hash_map<Id, stats::Moments>;

ValueMoments MomentsByValue(const EvidenceData& data, Id key,
                            const std::vector<std::pair<Id, Customer>>& customers) {
  const std::vector<Id> values = data.attributes.ValuesOf(key);
  ValueMoments moments;
  for (const auto& [id, customer] : customers) {
    const Id value = values[customer.attributes];
    if (value != kNone) moments[value].Add(customer.sum / customer.answers);
  }
  return moments;
}

void TestSegments(const EvidenceData& data, Id key, const ValueMoments& moments,
                  std::vector<SufferingSegment>* tested, std::vector<double>* p_values) {
  if (moments.size() < 2 || moments.size() > kMaxSegmentsOfKey) return;
  std::vector<Id> ids;
  for (const auto& [value, group] : moments) ids.push_back(value);
  std::sort(ids.begin(), ids.end());
  for (Id value : ids) {
    const stats::Moments& group = moments.at(value);
    stats::Moments others;
    for (Id other : ids) {
      if (other != value) others.Merge(moments.at(other));
    }
    if (group.n() < kMinimumGroup || others.n() < kMinimumGroup) continue;
    const auto comparison =
        stats::WelchT(others, group, {.alternative = stats::Alternative::kGreater});
    if (!comparison.ok()) continue;  // everybody answered the same: nothing differs
    p_values->push_back(comparison->p_value);
    tested->push_back(
        {.key = data.attribute_keys.Name(key),
         .value = data.attribute_values.Name(value),
         .customers = group.n(),
         .others = others.n(),
         .mean = group.mean(),
         .others_mean = others.mean(),
         .loss = stats::MakeEstimate(comparison->difference, comparison->interval, group.n(), {}),
         .standard_error = comparison->standard_error});
  }
}

Usage JudgeUsage(int64_t recent, int64_t earlier) {
  if (earlier < kMinimumEarlierUse) return Usage::kUnknown;
  if (recent == 0) return Usage::kStopped;
  const double share =
      static_cast<double>(recent) / kRecentDays * kEarlierDays / static_cast<double>(earlier);
  return share >= kHealthyShare ? Usage::kHealthy : Usage::kFalling;
}

absl::flat_hash_map<Id, Usage> JudgeCustomers(const EvidenceData& data) {
  struct Counts {
    int64_t recent = 0;
    int64_t earlier = 0;
  };
  if (data.signals == 0) return {};  // there is no "now" without any
  absl::flat_hash_map<Id, Counts> counts;
  const int64_t recent_from = data.latest_micros - kRecentDays * kDayMicros;
  const int64_t earlier_from = recent_from - kEarlierDays * kDayMicros;
  for (const InteractionRow& row : data.interactions) {
    if (!row.counts || row.customer == kNone || row.time_micros < earlier_from) continue;
    Counts& count = counts[data.PersonOf(row.customer)];
    ++(row.time_micros >= recent_from ? count.recent : count.earlier);
  }
  absl::flat_hash_map<Id, Usage> usage;
  for (const auto& [customer, count] : counts)
    usage[customer] = JudgeUsage(count.recent, count.earlier);
  return usage;
}

// By customer, the latest observation that has not expired.
absl::flat_hash_map<Id, const ObservationRow*> LatestObservations(const EvidenceData& data) {
  absl::flat_hash_map<Id, const ObservationRow*> latest;
  for (const ObservationRow& row : data.observations) {
    if (!row.counts || row.expire_micros <= data.latest_micros) continue;
    const ObservationRow*& known = latest[data.PersonOf(row.customer)];
    if (known == nullptr || row.time_micros >= known->time_micros) known = &row;
  }
  return latest;
}

}  // namespace

std::vector<SufferingSegment> FindSufferingSegments(const EvidenceData& data,
                                                    const Selection& selection) {
  const auto by_id = RatingCustomers(data, selection);
  // In the order of the ids, so that equal evidence gives equal digits.
  std::vector<std::pair<Id, Customer>> customers(by_id.begin(), by_id.end());
  std::sort(customers.begin(), customers.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<SufferingSegment> tested;
  std::vector<double> p_values;
  for (Id key = 1; key < data.attribute_keys.size(); ++key) {
    TestSegments(data, key, MomentsByValue(data, key, customers), &tested, &p_values);
  }
  std::vector<SufferingSegment> found = Significant(
      std::move(tested), p_values, [](const SufferingSegment& s) { return s.loss.value; });
  std::erase_if(found,
                [](const SufferingSegment& s) { return s.loss.value < kMinimumSegmentLoss; });
  return found;
}

std::vector<LossyHandoff> FindLossyHandoffs(const std::vector<HandoffCounts>& handoffs) {
  std::vector<HandoffCounts> real;
  int64_t reached = 0, lost = 0;
  for (const HandoffCounts& handoff : handoffs) {
    if (handoff.continued == 0) continue;
    real.push_back(handoff);
    reached += handoff.reached;
    lost += handoff.lost;
  }
  std::vector<LossyHandoff> tested;
  std::vector<double> p_values;
  for (const HandoffCounts& handoff : real) {
    const int64_t others = reached - handoff.reached;
    const int64_t others_lost = lost - handoff.lost;
    if (handoff.reached < kMinimumGroup || others < kMinimumGroup) continue;
    const auto comparison = stats::TwoProportionZ(handoff.lost, handoff.reached, others_lost,
                                                  others, stats::ContinuityCorrection::kYates,
                                                  {.alternative = stats::Alternative::kGreater});
    if (!comparison.ok()) continue;  // nobody was lost anywhere
    p_values.push_back(comparison->p_value);
    const stats::Interval points = {100 * comparison->interval.lower,
                                    100 * comparison->interval.upper};
    tested.push_back(
        {.counts = handoff,
         .others_share = static_cast<double>(others_lost) / static_cast<double>(others),
         .excess = stats::MakeEstimate(100 * comparison->difference, points, handoff.reached, {}),
         .standard_error = 100 * comparison->standard_error});
  }
  std::vector<LossyHandoff> found = Significant(
      std::move(tested), p_values, [](const LossyHandoff& h) { return h.excess.value; });
  std::erase_if(found, [](const LossyHandoff& handoff) {
    const double excess = handoff.excess.value / 100;
    return excess < kMinimumHandoffExcess || excess < handoff.others_share;
  });
  return found;
}

Contradictions FindContradictions(const EvidenceData& data) {
  Contradictions found;
  const auto usage = JudgeCustomers(data);
  const auto usage_of = [&](Id customer) {
    const auto it = usage.find(customer);
    return it == usage.end() ? Usage::kUnknown : it->second;
  };
  double confidence = 0;
  for (const auto& [customer, row] : LatestObservations(data)) {
    if (row->stance != Stance::kLeaving) continue;
    ++found.leaving;
    const Usage customer_usage = usage_of(customer);
    if (customer_usage != Usage::kUnknown) ++found.leaving_with_usage;
    if (customer_usage != Usage::kHealthy) continue;
    found.healthy_but_leaving.push_back(data.customers.Name(customer));
    confidence += row->confidence > 0 ? row->confidence : 1;
  }
  if (!found.healthy_but_leaving.empty()) {
    found.staff_confidence = confidence / static_cast<double>(found.healthy_but_leaving.size());
  }
  const auto scores = RatingCustomers(data, {});
  for (const auto& [customer, customer_usage] : usage) {
    if (customer_usage != Usage::kStopped) continue;
    ++found.stopped;
    const auto it = scores.find(customer);
    if (it != scores.end() && it->second.sum / it->second.answers >= kGoodScore) {
      found.satisfied_but_gone.push_back(data.customers.Name(customer));
    }
  }
  std::sort(found.healthy_but_leaving.begin(), found.healthy_but_leaving.end());
  std::sort(found.satisfied_but_gone.begin(), found.satisfied_but_gone.end());
  return found;
}

}  // namespace waymark::scoring
