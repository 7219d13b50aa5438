#include "services/feedback/service.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"
#include "services/feedback/outcomes.h"
#include "services/feedback/validation.h"

namespace waymark::feedback {
namespace {

using rpc::CallContext;
using rpc::Violations;

// A stream prepares its next batches while this much of it is being committed.
constexpr int64_t kBytesInFlight = 4 << 20;
constexpr int kMaxStreamProblems = 1000;
constexpr int kMaxChanges = 10'000;
constexpr int kStandardChanges = 1000;
constexpr absl::Duration kMaxWait = absl::Seconds(30);
// What a long-poll leaves of its caller's deadline, to answer within it.
constexpr absl::Duration kAnswerMargin = absl::Milliseconds(100);

template <typename Request>
void CheckBatch(const Request& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (request.signals_size() < 1 || request.signals_size() > kMaxBatchSignals) {
    violations.Add("signals", absl::StrCat(request.signals_size()),
                   absl::StrCat("signals; send 1-", kMaxBatchSignals));
  }
}

// Enough batches at once to fill a commit, few enough that who is refused soon gets a processor.
int64_t PlacesOf(size_t bytes) {
  constexpr size_t kBytesAPlace = 26'000;
  constexpr size_t kMostPlaces = 8;
  return static_cast<int64_t>(std::min(kMostPlaces, 1 + bytes / kBytesAPlace));
}

void CheckPull(const v1::PullFeedRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (request.limit() < 0 || request.limit() > kMaxChanges) {
    violations.Add("limit", absl::StrCat(request.limit()), absl::StrCat("must be 0-", kMaxChanges));
  }
  const int shards = std::max(1, request.shard_count());
  if (request.shard_count() < 0) {
    violations.Add("shard_count", absl::StrCat(request.shard_count()), "must not be negative");
  } else if (request.shard() < 0 || request.shard() >= shards) {
    violations.Add("shard", absl::StrCat(request.shard()), absl::StrCat("must be 0-", shards - 1));
  }
  if (request.wait().seconds() < 0 || request.wait().nanos() < 0) {
    violations.Add("wait", absl::StrCat(request.wait().seconds(), " s"), "must not be negative");
  }
}

void CheckCatalogue(const v1::UpdateTouchpointCatalogueRequest& request, Violations& violations) {
  violations.CheckName("touchpoint_catalogue.name", request.touchpoint_catalogue().name(),
                       "tenants/*/touchpointCatalogue");
  std::vector<std::string> reasons;
  ValidateCatalogue(request.touchpoint_catalogue(), &reasons);
  for (const std::string& reason : reasons) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(reason, absl::MaxSplits(": ", 1));
    violations.Add(parts.first, "", parts.second);
  }
}

absl::Duration WaitOf(const v1::PullFeedRequest& request) {
  return std::min(kMaxWait, absl::Seconds(request.wait().seconds()) +
                                absl::Nanoseconds(request.wait().nanos()));
}

std::string PositionText(const Position& position) {
  return position == Position() ? std::string() : ToString(position);
}

bool IsOverloaded(const absl::Status& status) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  return details.has_value() && details->reason == "OVERLOADED";
}

// The sum over a stream's batches, which are awaited in their order.
class StreamSum {
 public:
  StreamSum(Ingestor* ingestor, absl::Time deadline) : ingestor_(ingestor), deadline_(deadline) {}

  absl::Status Add(const std::string& tenant, Ingestor::Signals* signals) {
    while (bytes_in_flight_ > kBytesInFlight) WM_RETURN_IF_ERROR(AwaitFirst());
    absl::StatusOr<std::shared_ptr<Submission>> batch = ingestor_->Submit(tenant, signals);
    // While there is no room the stream is not read on, which slows the client down. Ending it
    // would have all of it sent again.
    while (IsOverloaded(batch.status()) && !batches_.empty()) {
      WM_RETURN_IF_ERROR(AwaitFirst());
      batch = ingestor_->Submit(tenant, signals);
    }
    WM_RETURN_IF_ERROR(batch.status());
    bytes_in_flight_ += (*batch)->bytes();
    batches_.push_back(*std::move(batch));
    return absl::OkStatus();
  }

  absl::StatusOr<v1::StreamIngestResponse> Finish() {
    while (!batches_.empty()) WM_RETURN_IF_ERROR(AwaitFirst());
    response_.set_position(PositionText(last_));
    return std::move(response_);
  }

 private:
  absl::Status AwaitFirst() {
    const std::shared_ptr<Submission> batch = std::move(batches_.front());
    batches_.pop_front();
    bytes_in_flight_ -= batch->bytes();
    WM_RETURN_IF_ERROR(ingestor_->Await(*batch, deadline_));
    for (const Candidate& one : batch->candidates) {
      AddOutcome(one.outcome, response_.mutable_counts());
    }
    for (const Rejected& one : batch->rejected) {
      AddOutcome(one.outcome, response_.mutable_counts());
    }
    FillProblems(*batch, signals_, kMaxStreamProblems - response_.problems_size(),
                 response_.mutable_problems());
    signals_ += static_cast<int64_t>(batch->size());
    last_ = std::max(last_, LastPosition(*batch));
    return absl::OkStatus();
  }

  Ingestor* const ingestor_;
  const absl::Time deadline_;
  std::deque<std::shared_ptr<Submission>> batches_;
  int64_t bytes_in_flight_ = 0;
  v1::StreamIngestResponse response_;
  int64_t signals_ = 0;
  Position last_;
};

}  // namespace

FeedbackServiceImpl::FeedbackServiceImpl(const rpc::Environment& environment,
                                         const ServiceParts& parts)
    : BoundService(v1::FeedbackService::service_full_name()),
      shell_(v1::FeedbackService::service_full_name(), environment),
      parts_(parts) {
  Bind("Ingest", &FeedbackServiceImpl::Ingest);
  Bind("StreamIngest", &FeedbackServiceImpl::StreamIngest);
  Bind("PullFeed", &FeedbackServiceImpl::PullFeed);
  Bind("UpdateTouchpointCatalogue", &FeedbackServiceImpl::UpdateTouchpointCatalogue);
}

grpc::Status FeedbackServiceImpl::Ingest(grpc::ServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         v1::IngestResponse* response) {
  return rpc::UnparsedUnary<v1::IngestRequest>(
      shell_, context, request, response,
      {.validate = CheckBatch<v1::IngestRequest>, .count_bytes = false, .places = PlacesOf},
      [&](const CallContext& call, v1::IngestRequest& ingest,
          v1::IngestResponse* out) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::shared_ptr<Submission> batch,
                            parts_.ingestor->Submit(call.tenant, ingest.mutable_signals()));
        WM_RETURN_IF_ERROR(parts_.ingestor->Await(*batch, call.deadline));
        FillOutcomes(*batch, out->mutable_outcomes());
        FillProblems(*batch, 0, kMaxBatchSignals, out->mutable_problems());
        out->set_position(PositionText(LastPosition(*batch)));
        return absl::OkStatus();
      });
}

grpc::Status FeedbackServiceImpl::StreamIngest(grpc::ServerContext* context,
                                               grpc::ServerReader<v1::StreamIngestRequest>* reader,
                                               v1::StreamIngestResponse* response) {
  std::unique_ptr<StreamSum> sum;
  return rpc::ClientStream(
      shell_, context, reader, response,
      {.validate = CheckBatch<v1::StreamIngestRequest>, .count_bytes = false},
      [&](const CallContext& call, v1::StreamIngestRequest& message) -> absl::Status {
        if (sum == nullptr) sum = std::make_unique<StreamSum>(parts_.ingestor, call.deadline);
        return sum->Add(call.tenant, message.mutable_signals());
      },
      [&](const CallContext&) -> absl::StatusOr<v1::StreamIngestResponse> {
        if (sum == nullptr) return v1::StreamIngestResponse();
        return sum->Finish();
      });
}

grpc::Status FeedbackServiceImpl::PullFeed(grpc::ServerContext* context,
                                           const v1::PullFeedRequest* request,
                                           v1::PullFeedResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckPull, .all_tenants = true},
      [&](const CallContext& call, const v1::PullFeedRequest& pull,
          v1::PullFeedResponse* page) -> absl::Status {
        FeedQuery query;
        query.tenant = call.tenant;
        WM_ASSIGN_OR_RETURN(query.after, ParsePosition(pull.cursor()));
        query.limit = pull.limit() == 0 ? kStandardChanges : pull.limit();
        query.shard = static_cast<uint32_t>(pull.shard());
        query.shard_count = static_cast<uint32_t>(std::max(1, pull.shard_count()));
        return parts_.feed->Pull(
            query, std::min(absl::Now() + WaitOf(pull), call.deadline - kAnswerMargin),
            [&] { return call.cancelled(); }, page);
      });
}

grpc::Status FeedbackServiceImpl::UpdateTouchpointCatalogue(
    grpc::ServerContext* context, const v1::UpdateTouchpointCatalogueRequest* request,
    v1::TouchpointCatalogue* response) {
  return rpc::Unary(shell_, context, request, response, {.validate = CheckCatalogue},
                    [&](const CallContext& call, const v1::UpdateTouchpointCatalogueRequest& update)
                        -> absl::StatusOr<v1::TouchpointCatalogue> {
                      WM_ASSIGN_OR_RETURN(
                          v1::TouchpointCatalogue newest,
                          parts_.catalogues->Update(update.touchpoint_catalogue(), call.tenant));
                      parts_.replacer->Wake();
                      return newest;
                    });
}

}  // namespace waymark::feedback
