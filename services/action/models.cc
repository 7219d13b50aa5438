#include "services/action/models.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/field_mask.h"
#include "libs/rpc/names.h"
#include "libs/rpc/paging.h"
#include "services/action/effect.h"
#include "services/action/errors.h"
#include "services/action/lifecycle.h"
#include "services/action/validation.h"

namespace waymark::action {
namespace {

using google::protobuf::FieldMask;

/// How long a repeated create is answered as the first was.
constexpr absl::Duration kAnswerTime = absl::Hours(24);
constexpr absl::string_view kOutputOnly[] = {"name",        "etag",       "create_time",
                                             "update_time", "start_time", "done_time",
                                             "close_time",  "overdue",    "kpi_baseline"};

absl::Status NotFound(const v1::Programme&, absl::string_view name) {
  return errors::ProgrammeNotFound(name);
}
absl::Status NotFound(const v1::Action&, absl::string_view name) {
  return errors::ActionNotFound(name);
}
absl::Status NotFound(const v1::Case&, absl::string_view name) {
  return errors::CaseNotFound(name);
}

/// The resource, or the error that says that it is missing.
template <typename Resource>
absl::StatusOr<Resource> Require(Session& session, const std::string& name) {
  WM_ASSIGN_OR_RETURN(std::optional<Resource> found, session.Find<Resource>(name));
  if (!found) return NotFound(Resource(), name);
  return *std::move(found);
}

/// Refuses a resource that refers to what is not there.
template <typename Resource>
absl::Status CheckReferences(Session&, const Resource&) {
  return absl::OkStatus();
}
absl::Status CheckReferences(Session& session, const v1::Action& action) {
  if (action.programme().empty()) return absl::OkStatus();
  return Require<v1::Programme>(session, action.programme()).status();
}

/// What the first of equal requests was answered, if this is not the first.
template <typename Resource, typename Request>
absl::StatusOr<std::optional<Resource>> FindEarlier(Session& session, const Request& request,
                                                    absl::Time now) {
  if (request.request_id().empty()) return std::nullopt;
  WM_ASSIGN_OR_RETURN(std::optional<Answer<Resource>> earlier,
                      session.FindAnswer<Resource>(rpc::TenantOf(request.parent()),
                                                   request.request_id(), now - kAnswerTime));
  if (!earlier) return std::nullopt;
  if (earlier->fingerprint != rpc::MakeEtag(request)) {
    return errors::RequestIdReused(request.request_id());
  }
  return std::move(earlier->resource);
}

template <typename Resource, typename Request>
absl::Status KeepAnswer(Session& session, const Request& request, const Resource& made,
                        absl::Time now) {
  if (request.request_id().empty()) return absl::OkStatus();
  WM_RETURN_IF_ERROR(session.DropAnswersBefore(now - kAnswerTime));
  return session.KeepAnswer(rpc::TenantOf(request.parent()), request.request_id(),
                            Answer<Resource>{rpc::MakeEtag(request), made}, now);
}

/// Names what a KPI may be about instead.
std::string StepsOf(const Scores& scores) {
  const std::string ids = absl::StrJoin(
      scores.steps, ", ", [](std::string* out, const Scores::Step& step) { out->append(step.id); });
  return ids.empty() ? "it has none" : absl::StrCat("it has ", ids);
}

}  // namespace

template <typename Resource>
absl::StatusOr<Resource> Models::Get(const std::string& name) {
  Resource found;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(found, Require<Resource>(session, name));
    return absl::OkStatus();
  }));
  LookAt(clock_->Now(), found);
  return found;
}

template <typename Resource>
absl::StatusOr<std::vector<Resource>> Models::List(absl::string_view tenant, int state,
                                                   const ListPosition& after, int64_t limit) {
  std::vector<Resource> page;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(page, session.List<Resource>(tenant, state, after, limit));
    return absl::OkStatus();
  }));
  for (Resource& resource : page) LookAt(clock_->Now(), resource);
  return page;
}

template <typename Resource>
absl::StatusOr<Resource> Models::Update(const Resource& given, const FieldMask& mask) {
  const absl::Time now = clock_->Now();
  Resource changed;
  WM_RETURN_IF_ERROR(store_->Write([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(const Resource stored, Require<Resource>(session, given.name()));
    WM_RETURN_IF_ERROR(rpc::CheckEtag(given.name(), given.etag(), stored.etag()));
    changed = stored;
    rpc::ApplyUpdateMask(given, mask, kOutputOnly, changed);
    rpc::Violations violations;
    CheckChange(rpc::TenantOf(given.name()), stored, changed, violations);
    WM_RETURN_IF_ERROR(violations.ToStatus());
    WM_RETURN_IF_ERROR(Advance(now, stored, changed));
    WM_RETURN_IF_ERROR(CheckReferences(session, changed));
    if (google::protobuf::util::MessageDifferencer::Equals(changed, stored)) {
      return absl::OkStatus();
    }
    *changed.mutable_update_time() = ToTimestamp(now);
    return session.Replace(changed);
  }));
  LookAt(now, changed);
  return changed;
}

template absl::StatusOr<v1::Programme> Models::Get(const std::string&);
template absl::StatusOr<v1::Action> Models::Get(const std::string&);
template absl::StatusOr<v1::Case> Models::Get(const std::string&);
template absl::StatusOr<std::vector<v1::Programme>> Models::List(absl::string_view, int,
                                                                 const ListPosition&, int64_t);
template absl::StatusOr<std::vector<v1::Action>> Models::List(absl::string_view, int,
                                                              const ListPosition&, int64_t);
template absl::StatusOr<std::vector<v1::Case>> Models::List(absl::string_view, int,
                                                            const ListPosition&, int64_t);
template absl::StatusOr<v1::Programme> Models::Update(const v1::Programme&, const FieldMask&);
template absl::StatusOr<v1::Action> Models::Update(const v1::Action&, const FieldMask&);
template absl::StatusOr<v1::Case> Models::Update(const v1::Case&, const FieldMask&);

template <typename Resource, typename Request, typename Completion>
absl::StatusOr<Resource> Models::Create(const Request& request, absl::string_view id,
                                        const Resource& given, Completion complete) {
  const absl::Time now = clock_->Now();
  std::optional<Resource> made;
  const auto find_earlier = [&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(made, FindEarlier<Resource>(session, request, now));
    return absl::OkStatus();
  };
  // Before others are asked: they may say something else by now, or nothing.
  WM_RETURN_IF_ERROR(store_->Read(find_earlier));
  if (!made) {
    Resource draft;
    rpc::ApplyUpdateMask(given, FieldMask(), kOutputOnly, draft);
    draft.set_name(absl::StrCat(request.parent(), "/", Collection<Resource>(), "/",
                                id.empty() ? NewId(now) : std::string(id)));
    Begin(now, draft);
    WM_RETURN_IF_ERROR(complete(draft));
    WM_RETURN_IF_ERROR(store_->Write([&](Session& session) -> absl::Status {
      WM_RETURN_IF_ERROR(find_earlier(session));
      if (made) return absl::OkStatus();
      WM_RETURN_IF_ERROR(CheckReferences(session, draft));
      WM_ASSIGN_OR_RETURN(const bool inserted, session.Insert(draft));
      if (!inserted) return errors::AlreadyExists(draft.name());
      made = draft;
      return KeepAnswer(session, request, draft, now);
    }));
  }
  LookAt(now, *made);
  return *std::move(made);
}

absl::StatusOr<v1::Programme> Models::CreateProgramme(const v1::CreateProgrammeRequest& request) {
  return Create(request, request.programme_id(), request.programme(),
                [](v1::Programme&) { return absl::OkStatus(); });
}

absl::StatusOr<v1::Action> Models::CreateAction(const rpc::CallContext& call,
                                                const v1::CreateActionRequest& request) {
  return Create(request, request.action_id(), request.action(),
                [&](v1::Action& action) { return CompleteAction(call, action); });
}

absl::StatusOr<v1::Case> Models::CreateCase(const v1::CreateCaseRequest& request) {
  return Create(request, request.case_id(), request.case_(),
                [](v1::Case&) { return absl::OkStatus(); });
}

absl::Status Models::CompleteAction(const rpc::CallContext& call, v1::Action& action) {
  const bool kpi_was_given = action.has_kpi();
  if (!action.priority().empty()) {
    WM_ASSIGN_OR_RETURN(const std::optional<Priority> priority,
                        scoring_->FindPriority(call, action.priority()));
    if (!priority) return errors::PriorityNotFound(action.priority());
    if (action.display_name().empty()) action.set_display_name(priority->title);
    if (kpi_was_given || !priority->step.empty()) {
      v1::Kpi& kpi = *action.mutable_kpi();
      if (kpi.step().empty()) kpi.set_step(priority->step);
      if (kpi.journey_map().empty()) {
        kpi.set_journey_map(action.priority().substr(0, action.priority().find("/priorities/")));
      }
    }
  }
  return action.has_kpi() ? MeasureKpi(call, kpi_was_given, action) : absl::OkStatus();
}

absl::Status Models::MeasureKpi(const rpc::CallContext& call, bool kpi_was_given,
                                v1::Action& action) {
  v1::Kpi& kpi = *action.mutable_kpi();
  WM_ASSIGN_OR_RETURN(const Scores scores, scoring_->GetScores(call, kpi.journey_map(), {}));
  rpc::Violations violations;
  const Scores::Step* step = scores.Find(kpi.step());
  if (step == nullptr) {
    violations.Add("kpi.step", kpi.step(),
                   absl::StrCat("must be a step of ", kpi.journey_map(), "; ", StepsOf(scores)));
    return violations.ToStatus();
  }
  if (kpi.target() == 0) {
    if (scores.baseline.suppressed() && !kpi_was_given) {
      action.clear_kpi();
      return absl::OkStatus();
    }
    if (scores.baseline.suppressed()) {
      violations.Add("kpi.target", "0", "must be 1 to 100, as the baseline is not known yet");
    }
    kpi.set_target(scores.baseline.value());
  }
  *action.mutable_kpi_baseline() = step->score;
  return violations.ToStatus();
}

absl::StatusOr<v1::Effect> Models::EvaluateAction(const rpc::CallContext& call,
                                                  const v1::EvaluateActionRequest& request) {
  WM_ASSIGN_OR_RETURN(const v1::Action action, Get<v1::Action>(request.name()));
  if (!action.has_kpi()) {
    return errors::CannotEvaluate(action.name(), "has no KPI; give one when you make an action");
  }
  if (!action.has_start_time()) {
    return errors::CannotEvaluate(action.name(),
                                  "has not been started; bring it to STATE_IN_PROGRESS first");
  }
  common::v1::TimeRange earlier;
  *earlier.mutable_end_time() = action.start_time();
  common::v1::TimeRange later;
  *later.mutable_start_time() = action.has_done_time() ? action.done_time() : action.start_time();
  WM_ASSIGN_OR_RETURN(const common::v1::Estimate before, ScoreKpi(call, action, earlier));
  WM_ASSIGN_OR_RETURN(const common::v1::Estimate after, ScoreKpi(call, action, later));
  return Evaluate(action, before, after);
}

absl::StatusOr<common::v1::Estimate> Models::ScoreKpi(const rpc::CallContext& call,
                                                      const v1::Action& action,
                                                      const common::v1::TimeRange& when) {
  const v1::Kpi& kpi = action.kpi();
  WM_ASSIGN_OR_RETURN(const Scores scores, scoring_->GetScores(call, kpi.journey_map(), when));
  const Scores::Step* step = scores.Find(kpi.step());
  if (step != nullptr) return step->score;
  return errors::CannotEvaluate(
      action.name(), absl::StrCat("is to move step '", kpi.step(), "', which ", kpi.journey_map(),
                                  " has no longer; put the step back"));
}

}  // namespace waymark::action
