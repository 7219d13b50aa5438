#include "services/feedback/quarantine_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/error.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/names.h"
#include "libs/rpc/paging.h"
#include "services/feedback/errors.h"
#include "services/feedback/outcomes.h"
#include "services/feedback/validation.h"

namespace waymark::feedback {
namespace {

using rpc::CallContext;
using rpc::Violations;

constexpr int kMaxReplays = 1000;
constexpr char kNamePattern[] = "tenants/*/quarantinedSignals/*";

void CheckListQuarantined(const v1::ListQuarantinedSignalsRequest& request,
                          Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (!request.source().empty() && !IsValidId(request.source())) {
    violations.Add("source", request.source(), "is no id of a source");
  }
}

absl::StatusOr<QuarantineStore::Key> ParseQuarantineKey(absl::string_view position) {
  QuarantineStore::Key key;
  if (position.empty()) return key;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(position, absl::MaxSplits('/', 1));
  if (!absl::SimpleAtoi(parts.first, &key.record_time)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                     "the page token is damaged; start again without one");
  }
  key.id = std::string(parts.second);
  return key;
}

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string QuarantineKeyOf(const v1::QuarantinedSignal& signal) {
  return absl::StrCat(
      google::protobuf::util::TimeUtil::TimestampToMicroseconds(signal.record_time()), "/",
      IdOf(signal.name()));
}

void CheckReplays(const v1::ReplayQuarantinedSignalsRequest& request, Violations& violations) {
  violations.CheckName("parent", request.parent(), "tenants/*");
  if (request.replays_size() < 1 || request.replays_size() > kMaxReplays) {
    return violations.Add("replays", absl::StrCat(request.replays_size()),
                          absl::StrCat("replays; send 1-", kMaxReplays));
  }
  absl::flat_hash_map<absl::string_view, int> seen;
  for (int i = 0; i < request.replays_size(); ++i) {
    const std::string& name = request.replays(i).name();
    const std::string field = absl::StrCat("replays[", i, "].name");
    violations.CheckName(field, name, kNamePattern);
    if (rpc::TenantOf(name) != rpc::TenantOf(request.parent())) {
      violations.Add(field, name, absl::StrCat("must be in ", request.parent()));
    }
    const auto [it, first] = seen.try_emplace(name, i);
    if (!first) {
      violations.Add(field, name,
                     absl::StrCat("is replays[", it->second, "] too; replay it once a request"));
    }
  }
}

// A replay's signals that are (still) in quarantine.
struct Selection {
  Ingestor::Signals signals;
  std::vector<Replayed> replays;
  // For each, which replay of the request it is.
  std::vector<int> indexes;
};

void CheckMended(int index, const v1::Signal& given, const v1::Signal& kept,
                 Violations& violations) {
  const std::string field = absl::StrCat("replays[", index, "].signal.");
  if (given.source() != kept.source()) {
    violations.Add(field + "source", given.source(),
                   absl::StrCat("must stay '", kept.source(),
                                "'; what shall be another signal goes to Ingest"));
  }
  if (given.external_id() != kept.external_id()) {
    violations.Add(field + "external_id", given.external_id(),
                   absl::StrCat("must stay '", kept.external_id(),
                                "'; what shall be another signal goes to Ingest"));
  }
}

absl::StatusOr<Selection> Select(const v1::ReplayQuarantinedSignalsRequest& request,
                                 std::vector<std::optional<QuarantineStore::Row>> rows) {
  Selection selection;
  Violations violations;
  for (int i = 0; i < request.replays_size(); ++i) {
    if (!rows[i]) continue;
    const v1::QuarantineReplay& replay = request.replays(i);
    v1::Signal* kept = rows[i]->record.mutable_signal();
    // One who sends back what was listed has mended nothing: its content is still the original's.
    const bool mended =
        replay.has_signal() && replay.signal().SerializeAsString() != kept->SerializeAsString();
    if (mended) CheckMended(i, replay.signal(), *kept, violations);
    if (mended) *kept = replay.signal();
    *selection.signals.Add() = std::move(*kept);
    selection.replays.push_back({.id = IdOf(replay.name()),
                                 .mended = mended,
                                 .content = rows[i]->content,
                                 .record_time = rows[i]->record.record_time()});
    selection.indexes.push_back(i);
  }
  WM_RETURN_IF_ERROR(violations.ToStatus());
  return selection;
}

void FillResults(const Submission& batch, const std::vector<int>& indexes,
                 v1::ReplayQuarantinedSignalsResponse* response) {
  const auto result = [&](uint32_t ordinal) { return response->mutable_results(indexes[ordinal]); };
  for (const Candidate& one : batch.candidates) {
    result(one.ordinal)->set_outcome(one.outcome);
    if (one.outcome == v1::INGEST_OUTCOME_CONFLICT) {
      result(one.ordinal)->add_reasons(kConflictReason);
    }
  }
  for (const Rejected& one : batch.rejected) {
    result(one.ordinal)->set_outcome(one.outcome);
    if (one.outcome != v1::INGEST_OUTCOME_QUARANTINED) continue;
    result(one.ordinal)->mutable_reasons()->Assign(one.reasons.begin(), one.reasons.end());
  }
  const Position last = LastPosition(batch);
  if (last != Position()) response->set_position(ToString(last));
}

}  // namespace

QuarantineServiceImpl::QuarantineServiceImpl(const rpc::Environment& environment,
                                             const QuarantineStore* store, Ingestor* ingestor)
    : shell_(v1::QuarantineService::service_full_name(), environment),
      store_(store),
      ingestor_(ingestor) {}

grpc::Status QuarantineServiceImpl::ListQuarantinedSignals(
    grpc::ServerContext* context, const v1::ListQuarantinedSignalsRequest* request,
    v1::ListQuarantinedSignalsResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckListQuarantined},
      [&](const CallContext& call, const v1::ListQuarantinedSignalsRequest& list,
          v1::ListQuarantinedSignalsResponse* page) -> absl::Status {
        WM_ASSIGN_OR_RETURN(const std::string position, rpc::DecodePageToken(list));
        WM_ASSIGN_OR_RETURN(const QuarantineStore::Key after, ParseQuarantineKey(position));
        WM_ASSIGN_OR_RETURN(QuarantineStore::Page found,
                            store_->List(call.tenant, list.source(), after,
                                         rpc::PageSize(list.page_size(), 50, 500), kMaxBatchBytes));
        if (found.more) {
          page->set_next_page_token(
              rpc::EncodePageToken(list, QuarantineKeyOf(found.signals.back())));
        }
        for (auto& signal : found.signals) *page->add_quarantined_signals() = std::move(signal);
        return absl::OkStatus();
      });
}

grpc::Status QuarantineServiceImpl::GetQuarantinedSignal(
    grpc::ServerContext* context, const v1::GetQuarantinedSignalRequest* request,
    v1::QuarantinedSignal* response) {
  return rpc::Unary(
      shell_, context, request, response,
      {.validate =
           [](const v1::GetQuarantinedSignalRequest& get, Violations& violations) {
             violations.CheckName("name", get.name(), kNamePattern);
           }},
      [&](const CallContext& call,
          const v1::GetQuarantinedSignalRequest& get) -> absl::StatusOr<v1::QuarantinedSignal> {
        WM_ASSIGN_OR_RETURN(auto rows,
                            store_->Find(call.tenant, {IdOf(get.name())}, kMaxBatchBytes));
        if (!rows[0]) return QuarantinedSignalNotFound(get.name());
        return std::move(rows[0]->record);
      });
}

grpc::Status QuarantineServiceImpl::ReplayQuarantinedSignals(
    grpc::ServerContext* context, const v1::ReplayQuarantinedSignalsRequest* request,
    v1::ReplayQuarantinedSignalsResponse* response) {
  return rpc::Unary(
      shell_, context, request, response, {.validate = CheckReplays},
      [&](const CallContext& call, const v1::ReplayQuarantinedSignalsRequest& replay,
          v1::ReplayQuarantinedSignalsResponse* out) -> absl::Status {
        std::vector<std::string> ids;
        for (const auto& one : replay.replays()) {
          ids.push_back(IdOf(one.name()));
          out->add_results();
        }
        WM_ASSIGN_OR_RETURN(auto rows, store_->Find(call.tenant, ids, kMaxBatchBytes));
        WM_ASSIGN_OR_RETURN(Selection selection, Select(replay, std::move(rows)));
        if (selection.signals.empty()) return absl::OkStatus();
        WM_ASSIGN_OR_RETURN(
            const std::shared_ptr<Submission> batch,
            ingestor_->Submit(call.tenant, &selection.signals, std::move(selection.replays)));
        WM_RETURN_IF_ERROR(ingestor_->Await(*batch, call.deadline));
        FillResults(*batch, selection.indexes, out);
        return absl::OkStatus();
      });
}

grpc::Status QuarantineServiceImpl::DeleteQuarantinedSignal(
    grpc::ServerContext* context, const v1::DeleteQuarantinedSignalRequest* request,
    google::protobuf::Empty* response) {
  return rpc::Unary(
      shell_, context, request, response,
      {.validate =
           [](const v1::DeleteQuarantinedSignalRequest& remove, Violations& violations) {
             violations.CheckName("name", remove.name(), kNamePattern);
           }},
      [&](const CallContext& call, const v1::DeleteQuarantinedSignalRequest& remove)
          -> absl::StatusOr<google::protobuf::Empty> {
        WM_ASSIGN_OR_RETURN(const bool deleted, store_->Delete(call.tenant, IdOf(remove.name())));
        if (!deleted) return QuarantinedSignalNotFound(remove.name());
        return google::protobuf::Empty();
      });
}

}  // namespace waymark::feedback
