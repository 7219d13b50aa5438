#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace waymark::stats {

// Scores that rank opportunities. Pure functions. INVALID_ARGUMENT: negative or non-finite inputs,
// a divisor of 0, a share outside 0..1; the message names the input.

struct RiceInput {
  /// Customers reached in the period.
  double reach = 0;
  double impact = 0;
  /// 0..1.
  double confidence = 1;
  /// Person-months or another unit, the same for all; > 0.
  double effort = 1;
};

/// reach·impact·confidence/effort (McBride, Intercom 2016).
absl::StatusOr<double> Rice(const RiceInput& input);

struct WsjfInput {
  double business_value = 0;
  double urgency = 0;
  double risk_reduction = 0;
  /// > 0.
  double size = 1;
};

/// Weighted shortest job first: (value + urgency + risk reduction)/size (Reinertsen 2009; SAFe).
absl::StatusOr<double> Wsjf(const WsjfInput& input);

struct TopsisCriterion {
  /// >= 0; weights are scaled to add up to 1.
  double weight = 1;
  /// False for a cost: less is better.
  bool is_benefit = true;
};

/// Closeness 0..1 of each alternative (row) to the ideal, by Hwang & Yoon's (1981) TOPSIS with
/// vector normalisation. One criterion per column. Where all alternatives are equal each is 0.5.
absl::StatusOr<std::vector<double>> Topsis(const Eigen::MatrixXd& alternatives,
                                           absl::Span<const TopsisCriterion> criteria);

/// detractors · rescue rate · customer value: the money that calling unhappy customers back can
/// keep. Money in micros of one currency, rounded; OUT_OF_RANGE when it does not fit int64.
absl::StatusOr<int64_t> RescueValueMicros(int64_t detractors, double rescue_rate,
                                          int64_t customer_value_micros);

}  // namespace waymark::stats
