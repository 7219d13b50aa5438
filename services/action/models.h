#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/clock.h"
#include "services/action/peers.h"
#include "services/action/store.h"
#include "waymark/action/v1/action_service.pb.h"

namespace waymark::action {

/// Programmes, actions and cases: what may be done to them and what follows from it. Requests must
/// be well-formed, of one tenant, and what they create valid by CheckNew. Each method answers as
/// the RPC of its name, which lists the errors. Thread-safe.
class Models {
 public:
  /// Borrows all; they must outlive the models.
  Models(Store* store, Scoring* scoring, Clock* clock)
      : store_(store), scoring_(scoring), clock_(clock) {}

  /// `Resource` is Programme, Action or Case. NOT_FOUND when there is none called `name`.
  template <typename Resource>
  absl::StatusOr<Resource> Get(const std::string& name);
  /// At most `limit` after `after`. `state` is a number of Resource::State; 0: all.
  template <typename Resource>
  absl::StatusOr<std::vector<Resource>> List(absl::string_view tenant, int state,
                                             const ListPosition& after, int64_t limit);
  /// Makes the masked fields of the resource called `given.name()` those of `given`.
  template <typename Resource>
  absl::StatusOr<Resource> Update(const Resource& given, const google::protobuf::FieldMask& mask);

  absl::StatusOr<v1::Programme> CreateProgramme(const v1::CreateProgrammeRequest& request);
  /// Completes the action by its priority (title; map and step of the KPI), by the map's baseline
  /// (target of the KPI) and by the score of the KPI's step.
  absl::StatusOr<v1::Action> CreateAction(const rpc::CallContext& call,
                                          const v1::CreateActionRequest& request);
  absl::StatusOr<v1::Case> CreateCase(const v1::CreateCaseRequest& request);

  absl::StatusOr<v1::Effect> EvaluateAction(const rpc::CallContext& call,
                                            const v1::EvaluateActionRequest& request);

 private:
  /// The common course of a create, under the id that the request gives or a new one.
  /// `complete(resource)` may add to what is made and may refuse; it does not run for a repeated
  /// request.
  template <typename Resource, typename Request, typename Completion>
  absl::StatusOr<Resource> Create(const Request& request, absl::string_view id,
                                  const Resource& given, Completion complete);

  absl::Status CompleteAction(const rpc::CallContext& call, v1::Action& action);
  /// Sets the baseline of the action's KPI and, if it has none, its target.
  absl::Status MeasureKpi(const rpc::CallContext& call, bool kpi_was_given, v1::Action& action);
  /// The score of the action's KPI from what happened within `when`.
  absl::StatusOr<common::v1::Estimate> ScoreKpi(const rpc::CallContext& call,
                                                const v1::Action& action,
                                                const common::v1::TimeRange& when);

  Store* const store_;
  Scoring* const scoring_;
  Clock* const clock_;
};

}  // namespace waymark::action
