#include "libs/stats/prioritise.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "libs/base/status_macros.h"

namespace waymark::stats {
namespace {

absl::Status CheckNotNegative(absl::string_view name, double x) {
  if (std::isfinite(x) && x >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%s is %g; give 0 or more", name, x));
}

absl::Status CheckPositive(absl::string_view name, double x) {
  if (std::isfinite(x) && x > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%s is %g; give more than 0", name, x));
}

absl::Status CheckShare(absl::string_view name, double x) {
  if (x >= 0 && x <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%s is %g; give a share 0..1", name, x));
}

absl::StatusOr<double> TotalWeight(absl::Span<const TopsisCriterion> criteria) {
  double total = 0;
  for (const TopsisCriterion& criterion : criteria) {
    WM_RETURN_IF_ERROR(CheckNotNegative("a criterion's weight", criterion.weight));
    total += criterion.weight;
  }
  WM_RETURN_IF_ERROR(CheckPositive("the sum of the criteria's weights", total));
  return total;
}

}  // namespace

absl::StatusOr<double> Rice(const RiceInput& input) {
  WM_RETURN_IF_ERROR(CheckNotNegative("reach", input.reach));
  WM_RETURN_IF_ERROR(CheckNotNegative("impact", input.impact));
  WM_RETURN_IF_ERROR(CheckShare("confidence", input.confidence));
  WM_RETURN_IF_ERROR(CheckPositive("effort", input.effort));
  return input.reach * input.impact * input.confidence / input.effort;
}

absl::StatusOr<double> Wsjf(const WsjfInput& input) {
  WM_RETURN_IF_ERROR(CheckNotNegative("business value", input.business_value));
  WM_RETURN_IF_ERROR(CheckNotNegative("urgency", input.urgency));
  WM_RETURN_IF_ERROR(CheckNotNegative("risk reduction", input.risk_reduction));
  WM_RETURN_IF_ERROR(CheckPositive("size", input.size));
  return (input.business_value + input.urgency + input.risk_reduction) / input.size;
}

absl::StatusOr<std::vector<double>> Topsis(const Eigen::MatrixXd& alternatives,
                                           absl::Span<const TopsisCriterion> criteria) {
  if (static_cast<size_t>(alternatives.cols()) != criteria.size() || alternatives.rows() == 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%d alternatives of %d columns for %d criteria; give one column a criterion",
        alternatives.rows(), alternatives.cols(), criteria.size()));
  }
  if (!alternatives.allFinite()) {
    return absl::InvalidArgumentError("an alternative has a value that is not a finite number");
  }
  WM_ASSIGN_OR_RETURN(const double total, TotalWeight(criteria));
  Eigen::MatrixXd weighted = alternatives;
  Eigen::RowVectorXd best(alternatives.cols()), worst(alternatives.cols());
  for (Eigen::Index c = 0; c < alternatives.cols(); ++c) {
    auto column = weighted.col(c);
    const double norm = column.norm();
    if (norm > 0) column *= criteria[c].weight / total / norm;
    const double low = column.minCoeff(), high = column.maxCoeff();
    best(c) = criteria[c].is_benefit ? high : low;
    worst(c) = criteria[c].is_benefit ? low : high;
  }
  std::vector<double> closeness;
  closeness.reserve(static_cast<size_t>(weighted.rows()));
  for (Eigen::Index r = 0; r < weighted.rows(); ++r) {
    const double to_best = (weighted.row(r) - best).norm();
    const double to_worst = (weighted.row(r) - worst).norm();
    const double span = to_best + to_worst;
    closeness.push_back(span > 0 ? to_worst / span : 0.5);
  }
  return closeness;
}

absl::StatusOr<int64_t> RescueValueMicros(int64_t detractors, double rescue_rate,
                                          int64_t customer_value_micros) {
  WM_RETURN_IF_ERROR(CheckNotNegative("the number of detractors", static_cast<double>(detractors)));
  WM_RETURN_IF_ERROR(CheckShare("the rescue rate", rescue_rate));
  WM_RETURN_IF_ERROR(
      CheckNotNegative("the customer value", static_cast<double>(customer_value_micros)));
  // long double carries all 64 bits of the micros.
  const long double value = std::round(static_cast<long double>(detractors) * rescue_rate *
                                       static_cast<long double>(customer_value_micros));
  if (value < 9223372036854775808.0L) return static_cast<int64_t>(value);
  return absl::OutOfRangeError(absl::StrFormat(
      "the rescue value of %d detractors at %d micros each exceeds 64 bits; split it", detractors,
      customer_value_micros));
}

}  // namespace waymark::stats
