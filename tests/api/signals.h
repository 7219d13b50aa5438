#pragma once

#include <string>
#include <vector>

#include "tests/api/server.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::api_test {

/// An interaction of `customer` at second `second` of 2026.
feedback::v1::Signal Visit(const std::string& id, const std::string& customer,
                           const std::string& activity, int second = 0);

/// A finished survey of source "survey" without answers.
feedback::v1::Signal Survey(const std::string& id, const std::string& customer);

/// Adds an answer on the scale 1-5 to a survey.
feedback::v1::Answer* Rate(const std::string& question, double number,
                           feedback::v1::Signal* survey);

/// Adds an answer in words.
feedback::v1::Answer* Say(const std::string& question, const std::string& text,
                          feedback::v1::Signal* survey);

feedback::v1::IngestRequest Batch(const Client& client,
                                  const std::vector<feedback::v1::Signal>& signals);

/// Sends them as one batch; fails the test unless it is answered.
feedback::v1::IngestResponse Ingest(const Client& client,
                                    const std::vector<feedback::v1::Signal>& signals);

/// Every change of the tenant's feed, pulled in pages of `limit`.
std::vector<feedback::v1::Change> PullAll(const Client& client, int limit = 1000, int shard = 0,
                                          int shard_count = 1);

}  // namespace waymark::api_test
