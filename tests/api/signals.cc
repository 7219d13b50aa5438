#include "tests/api/signals.h"

namespace waymark::api_test {
namespace {

constexpr int64_t kStartOf2026 = 1'767'225'600;

}  // namespace

using feedback::v1::Answer;
using feedback::v1::Change;
using feedback::v1::IngestRequest;
using feedback::v1::IngestResponse;
using feedback::v1::PullFeedRequest;
using feedback::v1::PullFeedResponse;
using feedback::v1::Signal;
using feedback::v1::SurveyResponse;

Signal Visit(const std::string& id, const std::string& customer, const std::string& activity,
             int second) {
  Signal signal;
  signal.set_source("web");
  signal.set_external_id(id);
  signal.set_customer(customer);
  signal.mutable_event_time()->set_seconds(kStartOf2026 + second);
  signal.mutable_interaction()->set_activity(activity);
  return signal;
}

Signal Survey(const std::string& id, const std::string& customer) {
  Signal signal;
  signal.set_source("survey");
  signal.set_external_id(id);
  signal.set_customer(customer);
  signal.mutable_event_time()->set_seconds(kStartOf2026);
  signal.mutable_survey_response()->set_completion(SurveyResponse::COMPLETION_FINISHED);
  return signal;
}

Answer* Rate(const std::string& question, double number, Signal* survey) {
  Answer* answer = survey->mutable_survey_response()->add_answers();
  answer->set_question(question);
  answer->set_type(feedback::v1::QUESTION_TYPE_CSAT);
  answer->set_number(number);
  return answer;
}

Answer* Say(const std::string& question, const std::string& text, Signal* survey) {
  Answer* answer = survey->mutable_survey_response()->add_answers();
  answer->set_question(question);
  answer->set_type(feedback::v1::QUESTION_TYPE_TEXT);
  answer->set_text(text);
  return answer;
}

IngestRequest Batch(const Client& client, const std::vector<Signal>& signals) {
  IngestRequest request;
  request.set_parent(client.parent());
  request.mutable_signals()->Assign(signals.begin(), signals.end());
  return request;
}

IngestResponse Ingest(const Client& client, const std::vector<Signal>& signals) {
  return client.Get<IngestResponse>(Batch(client, signals));
}

std::vector<Change> PullAll(const Client& client, int limit, int shard, int shard_count) {
  PullFeedRequest request;
  request.set_parent(client.parent());
  request.set_limit(limit);
  request.set_shard(shard);
  request.set_shard_count(shard_count);
  std::vector<Change> changes;
  PullFeedResponse page;
  do {
    page = client.Get<PullFeedResponse>(request);
    changes.insert(changes.end(), page.changes().begin(), page.changes().end());
    request.set_cursor(page.next_cursor());
  } while (!page.at_end() && !::testing::Test::HasFailure());
  return changes;
}

}  // namespace waymark::api_test
