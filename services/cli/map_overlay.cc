#include "services/cli/map_overlay.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace waymark::cli {
namespace {

using action::v1::Action;

bool IsOpen(const Action& action) {
  return action.state() != Action::STATE_DONE && action.state() != Action::STATE_CANCELLED;
}

std::string Describe(const Action& action) {
  const std::string due =
      action.due_date().empty() ? "" : absl::StrCat(", due ", action.due_date());
  return absl::StrCat("Action", due, ": ", action.display_name());
}

// Customers often say the same: one quote that begins like another tells nothing new.
void AddQuotes(const google::protobuf::RepeatedPtrField<std::string>& quotes,
               journey::v1::StepOverlay* step) {
  for (const std::string& quote : quotes) {
    const bool told =
        std::any_of(step->quotes().begin(), step->quotes().end(), [&](const std::string& other) {
          return absl::StartsWith(quote, other) || absl::StartsWith(other, quote);
        });
    if (!told) step->add_quotes(quote);
  }
}

// What there is to say on each step: actions under way, then priorities that nobody works on.
std::map<std::string, std::vector<std::string>> OpportunitiesByStep(
    const std::string& map, const scoring::v1::ListPrioritiesResponse& priorities,
    const action::v1::ListActionsResponse& actions) {
  std::map<std::string, std::string> step_of;
  for (const auto& priority : priorities.priorities()) step_of[priority.name()] = priority.step();
  std::map<std::string, std::vector<std::string>> texts;
  std::set<std::string> worked_on;
  for (const Action& action : actions.actions()) {
    if (!IsOpen(action)) continue;
    worked_on.insert(action.priority());
    const auto known = step_of.find(action.priority());
    if (known != step_of.end() && !known->second.empty()) {
      texts[known->second].push_back(Describe(action));
    } else if (action.kpi().journey_map() == map) {
      texts[action.kpi().step()].push_back(Describe(action));
    }
  }
  for (const auto& priority : priorities.priorities()) {
    if (priority.step().empty() || worked_on.contains(priority.name())) continue;
    texts[priority.step()].push_back(
        absl::StrCat("Priority ", priority.rank(), ": ", priority.title()));
  }
  return texts;
}

}  // namespace

journey::v1::MapOverlay MakeOverlay(const scoring::v1::ScoreReport& report,
                                    const scoring::v1::ListPrioritiesResponse& priorities,
                                    const action::v1::ListActionsResponse& actions,
                                    const std::string& as_of) {
  const auto opportunities = OpportunitiesByStep(report.journey_map(), priorities, actions);
  journey::v1::MapOverlay overlay;
  *overlay.mutable_baseline() = report.baseline();
  overlay.set_baseline_label(report.baseline_is_target() ? "declared target"
                                                         : "mean of the journey's steps");
  overlay.set_as_of(as_of);
  for (const scoring::v1::StepScore& score : report.steps()) {
    journey::v1::StepOverlay& step = *overlay.add_steps();
    step.set_step(score.step());
    *step.mutable_score() = score.score();
    step.set_pain_point(score.pain_point());
    step.set_reason(score.reason());
    AddQuotes(score.quotes(), &step);
    if (const auto found = opportunities.find(score.step()); found != opportunities.end()) {
      step.mutable_actions()->Assign(found->second.begin(), found->second.end());
    }
  }
  return overlay;
}

}  // namespace waymark::cli
