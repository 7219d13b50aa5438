#include "services/action/validation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/ids.h"
#include "services/action/currency.h"

namespace waymark::action {
namespace {

using google::protobuf::util::TimeUtil;
using rpc::Violations;

constexpr size_t kMaxLabel = 256;
constexpr size_t kMaxTitle = 1024;
constexpr size_t kMaxText = 4096;
constexpr int kMaxCriteria = 100;
constexpr char kPhases[] =
    "PHASE_KIND_DISCOVERY, PHASE_KIND_IMPROVE, PHASE_KIND_PERFECTION, PHASE_KIND_PERSONALIZATION";

void CheckLength(absl::string_view field, absl::string_view text, size_t limit,
                 Violations& violations) {
  if (text.size() <= limit) return;
  violations.Add(field, "",
                 absl::StrCat("has ", text.size(), " bytes; shorten it to ", limit, " at most"));
}

void CheckMoney(absl::string_view field, const common::v1::Money& money, Violations& violations) {
  if (!IsCurrency(money.currency_code())) {
    violations.Add(absl::StrCat(field, ".currency_code"), money.currency_code(),
                   "must be a currency of ISO 4217 in capitals, e.g. EUR");
  }
  if (money.micros() < 0) {
    violations.Add(absl::StrCat(field, ".micros"), absl::StrCat(money.micros()),
                   "must be 0 or more");
  }
}

bool IsDate(const std::string& text) {
  absl::CivilDay day;
  return absl::ParseCivilTime(text, &day) && absl::FormatCivilTime(day) == text;
}

bool IsTimestamp(const google::protobuf::Timestamp& time) {
  return time.seconds() >= TimeUtil::kTimestampMinSeconds &&
         time.seconds() <= TimeUtil::kTimestampMaxSeconds && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

void CheckPhase(const std::string& field, const v1::Phase& phase, v1::PhaseKind before,
                Violations& violations) {
  if (!v1::PhaseKind_IsValid(phase.kind()) || phase.kind() == v1::PHASE_KIND_UNSPECIFIED) {
    violations.Add(absl::StrCat(field, ".kind"), absl::StrCat(phase.kind()),
                   absl::StrCat("must be one of ", kPhases));
  } else if (phase.kind() <= before) {
    violations.Add(absl::StrCat(field, ".kind"), v1::PhaseKind_Name(phase.kind()),
                   absl::StrCat("must not come after ", v1::PhaseKind_Name(before),
                                "; give each phase at most once, in the order ", kPhases));
  }
  if (phase.has_budget()) CheckMoney(absl::StrCat(field, ".budget"), phase.budget(), violations);
  if (phase.exit_criteria_size() > kMaxCriteria) {
    violations.Add(absl::StrCat(field, ".exit_criteria"), "",
                   absl::StrCat("has ", phase.exit_criteria_size(), " entries; give ", kMaxCriteria,
                                " at most"));
  }
  for (int i = 0; i < phase.exit_criteria_size(); ++i) {
    const std::string criterion = absl::StrCat(field, ".exit_criteria[", i, "]");
    violations.CheckSet(criterion, phase.exit_criteria(i));
    CheckLength(criterion, phase.exit_criteria(i), kMaxText, violations);
  }
}

void Check(const v1::Programme& programme, Violations& violations) {
  violations.CheckSet("display_name", programme.display_name());
  CheckLength("display_name", programme.display_name(), kMaxTitle, violations);
  CheckLength("owner", programme.owner(), kMaxLabel, violations);
  v1::PhaseKind before = v1::PHASE_KIND_UNSPECIFIED;
  for (int i = 0; i < programme.phases_size(); ++i) {
    CheckPhase(absl::StrCat("phases[", i, "]"), programme.phases(i), before, violations);
    before = programme.phases(i).kind();
  }
}

/// A KPI of an action with a priority may leave to the priority what it does not say.
void CheckKpi(absl::string_view tenant, const v1::Kpi& kpi, bool has_priority,
              Violations& violations) {
  if (!kpi.journey_map().empty() || !has_priority) {
    violations.CheckName("kpi.journey_map", kpi.journey_map(),
                         absl::StrCat("tenants/", tenant, "/journeyMaps/*"));
  }
  if (kpi.step().empty() ? !has_priority : !IsValidId(kpi.step())) {
    violations.Add("kpi.step", kpi.step(), "must be the id of a step of the journey map");
  }
  if (kpi.target() != 0 && !(kpi.target() >= 1 && kpi.target() <= 100)) {
    violations.Add("kpi.target", absl::StrCat(kpi.target()),
                   "must be a score of 1 to 100, or 0 at first for the baseline");
  }
}

void Check(absl::string_view tenant, const v1::Action& action, Violations& violations) {
  CheckLength("display_name", action.display_name(), kMaxTitle, violations);
  CheckLength("description", action.description(), kMaxText, violations);
  CheckLength("owner", action.owner(), kMaxLabel, violations);
  if (!action.programme().empty()) {
    violations.CheckName("programme", action.programme(),
                         absl::StrCat("tenants/", tenant, "/programmes/*"));
  }
  if (!v1::PhaseKind_IsValid(action.phase())) {
    violations.Add("phase", absl::StrCat(action.phase()), absl::StrCat("must be one of ", kPhases));
  }
  if (!action.priority().empty()) {
    violations.CheckName("priority", action.priority(),
                         absl::StrCat("tenants/", tenant, "/journeyMaps/*/priorities/*"));
  }
  if (action.has_budget()) CheckMoney("budget", action.budget(), violations);
  if (!action.due_date().empty() && !IsDate(action.due_date())) {
    violations.Add("due_date", action.due_date(), "must be a day of the calendar, YYYY-MM-DD");
  }
  if (!v1::Action::State_IsValid(action.state())) {
    violations.Add("state", absl::StrCat(action.state()),
                   "must be STATE_PLANNED, STATE_IN_PROGRESS, STATE_DONE or STATE_CANCELLED");
  }
  if (action.has_kpi()) CheckKpi(tenant, action.kpi(), !action.priority().empty(), violations);
}

void Check(const v1::Case& a_case, Violations& violations) {
  violations.CheckSet("customer", a_case.customer());
  CheckLength("customer", a_case.customer(), kMaxLabel, violations);
  CheckLength("reason", a_case.reason(), kMaxText, violations);
  CheckLength("owner", a_case.owner(), kMaxLabel, violations);
  CheckLength("resolution", a_case.resolution(), kMaxText, violations);
  if (!v1::Case::State_IsValid(a_case.state())) {
    violations.Add("state", absl::StrCat(a_case.state()),
                   "must be STATE_OPEN, STATE_IN_PROGRESS or STATE_CLOSED");
  }
  if (!a_case.has_due_time()) {
    violations.Add("due_time", "", "must be set: by when the customer must have been called");
  } else if (!IsTimestamp(a_case.due_time())) {
    violations.Add("due_time", absl::StrCat(a_case.due_time().seconds(), " s"),
                   "must be within the years 1 to 9999, with 0 to 999,999,999 nanos");
  }
}

/// The KPI is declared before the work, so that its effect is tested and not searched for.
void CheckDeclared(absl::string_view field, absl::string_view stored, absl::string_view changed,
                   Violations& violations) {
  if (stored == changed) return;
  violations.Add(field, changed,
                 absl::StrCat("must stay '", stored,
                              "', which was declared when the action was made; make another one"));
}

}  // namespace

void CheckNew(absl::string_view, const v1::Programme& programme, Violations& violations) {
  Check(programme, violations);
}

void CheckNew(absl::string_view tenant, const v1::Action& action, Violations& violations) {
  Check(tenant, action, violations);
  if (action.display_name().empty() && action.priority().empty()) {
    violations.Add("display_name", "", "must be set, unless a priority lends its title");
  }
  if (action.state() == v1::Action::STATE_DONE || action.state() == v1::Action::STATE_CANCELLED) {
    violations.Add("state", v1::Action::State_Name(action.state()),
                   "cannot be the first; begin with STATE_PLANNED or STATE_IN_PROGRESS");
  }
}

void CheckNew(absl::string_view, const v1::Case& a_case, Violations& violations) {
  Check(a_case, violations);
  if (a_case.state() == v1::Case::STATE_CLOSED) {
    violations.Add("state", v1::Case::State_Name(a_case.state()),
                   "cannot be the first; begin with STATE_OPEN or STATE_IN_PROGRESS");
  }
}

void CheckChange(absl::string_view, const v1::Programme&, const v1::Programme& changed,
                 Violations& violations) {
  Check(changed, violations);
}

void CheckChange(absl::string_view tenant, const v1::Action& stored, const v1::Action& changed,
                 Violations& violations) {
  Check(tenant, changed, violations);
  violations.CheckSet("display_name", changed.display_name());
  CheckDeclared("priority", stored.priority(), changed.priority(), violations);
  CheckDeclared("kpi.journey_map", stored.kpi().journey_map(), changed.kpi().journey_map(),
                violations);
  CheckDeclared("kpi.step", stored.kpi().step(), changed.kpi().step(), violations);
  if (changed.has_kpi() && changed.kpi().target() == 0) {
    violations.Add("kpi.target", "0", "must be a score of 1 to 100");
  }
}

void CheckChange(absl::string_view, const v1::Case&, const v1::Case& changed,
                 Violations& violations) {
  Check(changed, violations);
  if (changed.state() == v1::Case::STATE_CLOSED && changed.resolution().empty()) {
    violations.Add("resolution", "", "must be set to close the case: say what came of it");
  }
}

}  // namespace waymark::action
