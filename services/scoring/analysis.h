#pragma once

#include <string>
#include <vector>

#include "services/scoring/customer_metric.h"
#include "services/scoring/ranking.h"
#include "services/scoring/score_report.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::scoring {

// What the engines find, as the API says it. Pure functions.

v1::ScoreReport ToProto(const Report& report);

/// `map_name` is tenants/{tenant}/journeyMaps/{journey_map}.
v1::Priority ToProto(const Opportunity& opportunity, const std::string& map_name);

/// `parent` is tenants/{tenant}.
std::vector<v1::Insight> ToInsights(const Contradictions& contradictions,
                                    const std::vector<SufferingSegment>& segments,
                                    const std::vector<LossyHandoff>& handoffs,
                                    const std::string& parent);

common::v1::Estimate ToProto(const stats::Estimate& estimate);

/// All but what it was asked for and where in the feed it stands.
v1::MetricResult ToProto(const MetricAnswer& answer);

}  // namespace waymark::scoring
