#include "services/action/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "services/action/currency.h"

namespace waymark::action {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <typename Resource>
std::string WrongWithNew(const Resource& resource) {
  rpc::Violations violations;
  CheckNew("demo", resource, violations);
  return std::string(violations.ToStatus().message());
}

template <typename Resource>
std::string WrongWithChange(const Resource& stored, const Resource& changed) {
  rpc::Violations violations;
  CheckChange("demo", stored, changed, violations);
  return std::string(violations.ToStatus().message());
}

v1::Action MakeAction() {
  v1::Action action;
  action.set_display_name("Train the desk");
  action.set_description("Two days");
  action.set_owner("Ana");
  action.set_programme("tenants/demo/programmes/p1");
  action.set_phase(v1::PHASE_KIND_IMPROVE);
  action.set_priority("tenants/demo/journeyMaps/buy/priorities/x");
  action.mutable_budget()->set_currency_code("EUR");
  action.mutable_budget()->set_micros(20'000'000'000);
  action.set_due_date("2028-02-29");
  action.mutable_kpi()->set_journey_map("tenants/demo/journeyMaps/buy");
  action.mutable_kpi()->set_step("pay");
  action.mutable_kpi()->set_target(75);
  return action;
}

v1::Case MakeCase() {
  v1::Case a_case;
  a_case.set_customer("c-1");
  a_case.set_reason("Charged twice");
  a_case.mutable_due_time()->set_seconds(1'700'000'000);
  return a_case;
}

v1::Programme MakeProgramme() {
  v1::Programme programme;
  programme.set_display_name("Better buying");
  for (int kind = v1::PHASE_KIND_DISCOVERY; kind <= v1::PHASE_KIND_PERSONALIZATION; ++kind) {
    v1::Phase& phase = *programme.add_phases();
    phase.set_kind(static_cast<v1::PhaseKind>(kind));
    phase.mutable_budget()->set_currency_code("CHF");
    phase.add_exit_criteria("Everybody knows the map");
  }
  return programme;
}

TEST(ValidationTest, TakesWhatIsWhole) {
  EXPECT_THAT(WrongWithNew(MakeAction()), IsEmpty());
  EXPECT_THAT(WrongWithNew(MakeCase()), IsEmpty());
  EXPECT_THAT(WrongWithNew(MakeProgramme()), IsEmpty());
  EXPECT_THAT(WrongWithChange(MakeAction(), MakeAction()), IsEmpty());
}

TEST(ValidationTest, TakesAnActionThatItsPriorityWillComplete) {
  v1::Action action;
  action.set_priority("tenants/demo/journeyMaps/buy/priorities/x");
  EXPECT_THAT(WrongWithNew(action), IsEmpty());
  action.mutable_kpi()->set_target(70);
  EXPECT_THAT(WrongWithNew(action), IsEmpty());
  action.clear_priority();
  EXPECT_THAT(WrongWithNew(action), AllOf(HasSubstr("display_name"), HasSubstr("kpi.journey_map"),
                                          HasSubstr("kpi.step must be the id of a step")));
}

TEST(ValidationTest, NamesWhatIsWrongWithAnActionAndWhatToDo) {
  const std::pair<std::function<void(v1::Action&)>, const char*> faults[] = {
      {[](auto& a) { a.set_display_name(std::string(1025, 'x')); },
       "display_name has 1025 bytes; shorten it to 1024"},
      {[](auto& a) { a.set_description(std::string(4097, 'x')); }, "description has 4097 bytes"},
      {[](auto& a) { a.set_owner(std::string(257, 'x')); }, "owner has 257 bytes"},
      {[](auto& a) { a.set_programme("p1"); }, "programme 'p1' must be like tenants/demo/"},
      {[](auto& a) { a.set_programme("tenants/other/programmes/p1"); },
       "programme 'tenants/other/programmes/p1' must be like tenants/demo/programmes/*"},
      {[](auto& a) { a.set_phase(static_cast<v1::PhaseKind>(9)); }, "phase '9' must be one of"},
      {[](auto& a) { a.set_priority("tenants/other/journeyMaps/buy/priorities/x"); },
       "must be like tenants/demo/journeyMaps/*/priorities/*"},
      {[](auto& a) { a.mutable_budget()->set_currency_code("eur"); },
       "budget.currency_code 'eur' must be a currency of ISO 4217"},
      {[](auto& a) { a.mutable_budget()->clear_currency_code(); }, "budget.currency_code must be"},
      {[](auto& a) { a.mutable_budget()->set_micros(-1); }, "budget.micros '-1' must be 0 or more"},
      {[](auto& a) { a.set_due_date("2027-02-29"); }, "due_date '2027-02-29' must be a day"},
      {[](auto& a) { a.set_due_date("2027-2-3"); }, "due_date '2027-2-3' must be a day"},
      {[](auto& a) { a.set_due_date("29.02.2028"); }, "due_date '29.02.2028' must be a day"},
      {[](auto& a) { a.set_state(static_cast<v1::Action::State>(7)); }, "state '7' must be"},
      {[](auto& a) { a.set_state(v1::Action::STATE_DONE); }, "state 'STATE_DONE' cannot be the"},
      {[](auto& a) { a.mutable_kpi()->set_journey_map("tenants/other/journeyMaps/buy"); },
       "kpi.journey_map 'tenants/other/journeyMaps/buy' must be like tenants/demo/"},
      {[](auto& a) { a.mutable_kpi()->set_step("a step"); }, "kpi.step 'a step' must be"},
      {[](auto& a) { a.mutable_kpi()->set_target(100.5); }, "kpi.target '100.5' must be a score"},
      {[](auto& a) { a.mutable_kpi()->set_target(0.5); }, "kpi.target '0.5' must be a score"},
      {[](auto& a) { a.mutable_kpi()->set_target(std::numeric_limits<double>::quiet_NaN()); },
       "kpi.target 'nan' must be a score"},
  };
  for (const auto& [spoil, expected] : faults) {
    v1::Action action = MakeAction();
    spoil(action);
    EXPECT_THAT(WrongWithNew(action), AllOf(HasSubstr("1 field is wrong"), HasSubstr(expected)));
  }
}

TEST(ValidationTest, KeepsWhatAnActionDeclaredWhenItWasMade) {
  v1::Action changed = MakeAction();
  changed.set_priority("tenants/demo/journeyMaps/buy/priorities/y");
  changed.mutable_kpi()->set_step("order");
  EXPECT_THAT(WrongWithChange(MakeAction(), changed),
              AllOf(HasSubstr("2 fields"), HasSubstr("kpi.step 'order' must stay 'pay'")));
  changed = MakeAction();
  changed.clear_kpi();
  EXPECT_THAT(WrongWithChange(MakeAction(), changed), HasSubstr("kpi.step must stay 'pay'"));
  changed = MakeAction();
  changed.mutable_kpi()->set_target(0);
  changed.clear_display_name();
  EXPECT_THAT(WrongWithChange(MakeAction(), changed),
              AllOf(HasSubstr("kpi.target '0' must be"), HasSubstr("display_name must be set")));
  changed = MakeAction();
  changed.mutable_kpi()->set_target(80);
  EXPECT_THAT(WrongWithChange(MakeAction(), changed), IsEmpty());
}

TEST(ValidationTest, NamesWhatIsWrongWithACaseAndWhatToDo) {
  const std::pair<std::function<void(v1::Case&)>, const char*> faults[] = {
      {[](auto& c) { c.clear_customer(); }, "customer must be set"},
      {[](auto& c) { c.set_customer(std::string(257, 'x')); }, "customer has 257 bytes"},
      {[](auto& c) { c.set_reason(std::string(4097, 'x')); }, "reason has 4097 bytes"},
      {[](auto& c) { c.set_owner(std::string(257, 'x')); }, "owner has 257 bytes"},
      {[](auto& c) { c.set_resolution(std::string(4097, 'x')); }, "resolution has 4097 bytes"},
      {[](auto& c) { c.clear_due_time(); }, "due_time must be set: by when"},
      {[](auto& c) { c.mutable_due_time()->set_seconds(400'000'000'000); },
       "due_time '400000000000 s' must be within the years 1 to 9999"},
      {[](auto& c) { c.set_state(static_cast<v1::Case::State>(7)); }, "state '7' must be"},
      {[](auto& c) { c.set_state(v1::Case::STATE_CLOSED); }, "state 'STATE_CLOSED' cannot be"},
  };
  for (const auto& [spoil, expected] : faults) {
    v1::Case a_case = MakeCase();
    spoil(a_case);
    EXPECT_THAT(WrongWithNew(a_case), AllOf(HasSubstr("1 field is wrong"), HasSubstr(expected)));
  }
}

TEST(ValidationTest, ClosesACaseWithAResolutionOnly) {
  v1::Case closed = MakeCase();
  closed.set_state(v1::Case::STATE_CLOSED);
  EXPECT_THAT(WrongWithChange(MakeCase(), closed), HasSubstr("resolution must be set to close"));
  closed.set_resolution("Refunded");
  EXPECT_THAT(WrongWithChange(MakeCase(), closed), IsEmpty());
}

TEST(ValidationTest, NamesWhatIsWrongWithAProgrammeAndWhatToDo) {
  const std::pair<std::function<void(v1::Programme&)>, const char*> faults[] = {
      {[](auto& p) { p.clear_display_name(); }, "display_name must be set"},
      {[](auto& p) { p.set_owner(std::string(257, 'x')); }, "owner has 257 bytes"},
      {[](auto& p) { p.mutable_phases(3)->set_kind(v1::PHASE_KIND_PERFECTION); },
       "phases[3].kind 'PHASE_KIND_PERFECTION' must not come after PHASE_KIND_PERFECTION"},
      {[](auto& p) { p.mutable_phases(3)->set_kind(v1::PHASE_KIND_DISCOVERY); },
       "phases[3].kind 'PHASE_KIND_DISCOVERY' must not come after PHASE_KIND_PERFECTION"},
      {[](auto& p) { p.mutable_phases(3)->clear_kind(); }, "phases[3].kind '0' must be one of"},
      {[](auto& p) { p.mutable_phases(1)->mutable_budget()->set_currency_code("XXX"); },
       "phases[1].budget.currency_code 'XXX' must be a currency"},
      {[](auto& p) { p.mutable_phases(0)->add_exit_criteria(""); },
       "phases[0].exit_criteria[1] must be set"},
      {[](auto& p) {
         for (int i = 0; i < 100; ++i) p.mutable_phases(2)->add_exit_criteria("x");
       },
       "phases[2].exit_criteria has 101 entries; give 100 at most"},
  };
  for (const auto& [spoil, expected] : faults) {
    v1::Programme programme = MakeProgramme();
    spoil(programme);
    EXPECT_THAT(WrongWithNew(programme), AllOf(HasSubstr("1 field is wrong"), HasSubstr(expected)));
  }
}

TEST(CurrencyTest, KnowsTheCodesInForceOnly) {
  for (const char* code : {"AED", "EUR", "JPY", "USD", "ZWG"}) EXPECT_TRUE(IsCurrency(code));
  for (const char* code : {"", "EU", "EURO", "eur", "DEM", "XXX", "AAA", "ZZZ"}) {
    EXPECT_FALSE(IsCurrency(code)) << code;
  }
}

}  // namespace
}  // namespace waymark::action
