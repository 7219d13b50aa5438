#pragma once

#include "waymark/action/v1/action.pb.h"
#include "waymark/common/v1/estimate.pb.h"

namespace waymark::action {

/// Customers that are needed on either side of a comparison.
inline constexpr int kMinimumCustomers = 30;

/// Compares the score of the KPI of `action` before it with the score after it: Welch's t test,
/// two-sided at 95 %, from the means with their Student's t intervals. `difference` is suppressed
/// and `p_value` 1 while there is too little data. When nobody's answers vary on either side, a
/// difference is certain (p 0) and so is none (p 1). Pure.
v1::Effect Evaluate(const v1::Action& action, const common::v1::Estimate& before,
                    const common::v1::Estimate& after);

}  // namespace waymark::action
