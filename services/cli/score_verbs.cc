#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status_macros.h"
#include "libs/render/text.h"
#include "services/cli/enum_text.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using common::v1::Estimate;
using scoring::v1::ScoreReport;
using scoring::v1::ScoringService;
using scoring::v1::StepScore;

std::string EstimateText(const Estimate& estimate) {
  if (estimate.suppressed()) return absl::StrCat("too few customers (n ", estimate.n(), ")");
  return absl::StrCat(render::FormatNumber(estimate.value(), 1), " (",
                      render::FormatNumber(estimate.lower(), 1), " .. ",
                      render::FormatNumber(estimate.upper(), 1), ", n ",
                      render::FormatCount(estimate.n()), ")");
}

// Score with interval and n, difference to the baseline, verdict.
std::vector<Cell> StepCells(const StepScore& step) {
  const Tone tone = step.pain_point() ? Tone::kBad : Tone::kPlain;
  std::vector<Cell> cells = EstimateCells(step.score(), tone);
  if (step.score().suppressed()) {
    cells.push_back({"–", ""});
  } else {
    cells.push_back(NumberCell(step.difference(), 1, tone));
    if (step.difference() > 0) cells.back().shown.insert(0, "+");
  }
  cells.push_back(
      {step.pain_point() ? "pain point" : "", step.pain_point() ? "true" : "false", Tone::kBad});
  return cells;
}

Table TableOf(const ScoreReport& report) {
  std::vector<Column> columns = {{"stage"}, {"step"}};
  Append(EstimateColumns("score"), &columns);
  columns.push_back({"vs baseline", Column::kRight});
  columns.push_back({"pain point"});
  Table table(std::move(columns));
  for (const auto& stage : report.stages()) {
    std::vector<Cell> row = {{render::CleanText(stage.display_name()), stage.stage()}, {}};
    Append(EstimateCells(stage.score()), &row);
    Append(std::vector<Cell>(2), &row);
    table.AddRow(std::move(row));
    for (const StepScore& step : report.steps()) {
      if (step.stage() != stage.stage()) continue;
      row = {{"", step.stage()}, {render::CleanText(step.display_name()), step.step()}};
      Append(StepCells(step), &row);
      table.AddRow(std::move(row));
      if (!step.reason().empty()) table.AddNote(step.reason());
    }
  }
  return table;
}

absl::Status ShowScores(Session& session, const std::string& map) {
  scoring::v1::GetScoreReportRequest request;
  request.set_name(session.Name("journeyMaps", map));
  WM_ASSIGN_OR_RETURN(
      const ScoreReport report,
      session.client().Call(&ScoringService::StubInterface::GetScoreReport, request));
  session.Print({ToJson(report),
                 {absl::StrCat("Journey   ", EstimateText(report.score())),
                  absl::StrCat("Baseline  ", EstimateText(report.baseline()), ", ",
                               report.baseline_is_target() ? "the declared target"
                                                           : "the mean of the journey's steps")},
                 TableOf(report),
                 {}});
  return absl::OkStatus();
}

absl::Status ShowPriorities(Session& session, const std::string& map) {
  scoring::v1::ListPrioritiesRequest request;
  request.set_parent(session.Name("journeyMaps", map));
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().CallForAll(&ScoringService::StubInterface::ListPriorities, request));
  std::vector<Column> columns = {{"rank", Column::kRight}, {"priority"}, {"reach", Column::kRight}};
  Append(EstimateColumns("impact"), &columns);
  columns.push_back({"rank stability %", Column::kRight});
  columns.push_back({"kind", Column::kLeft, Column::kPrograms});
  columns.push_back({"step", Column::kLeft, Column::kPrograms});
  columns.push_back({"reasons", Column::kLeft, Column::kPrograms});
  columns.push_back({"name", Column::kLeft, Column::kPrograms});
  Table table(std::move(columns));
  for (const auto& priority : response.priorities()) {
    std::vector<Cell> row = {CountCell(priority.rank()), TextCell(priority.title()),
                             CountCell(priority.reach())};
    Append(EstimateCells(priority.impact()), &row);
    row.push_back(NumberCell(priority.rank_stability(), 0));
    row.push_back(TextCell(EnumText(priority.kind())));
    row.push_back(TextCell(priority.step()));
    row.push_back(TextCell(absl::StrJoin(priority.reasons(), " ")));
    row.push_back(TextCell(priority.name()));
    table.AddRow(std::move(row));
    for (const std::string& reason : priority.reasons()) table.AddNote(reason);
  }
  std::vector<std::string> note;
  if (table.empty())
    note = {"Nothing stands out: no step, hand-off or segment is significantly worse."};
  session.Print({Json::object({{"priorities", ToJsonArray(response.priorities())},
                               {"position", response.position()}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

absl::Status ListInsights(Session& session) {
  scoring::v1::ListInsightsRequest request;
  request.set_parent(session.Parent());
  WM_ASSIGN_OR_RETURN(
      const auto response,
      session.client().CallForAll(&ScoringService::StubInterface::ListInsights, request));
  Table table({{"insight"},
               {"customers", Column::kRight},
               {"kind", Column::kLeft, Column::kPrograms},
               {"evidence", Column::kLeft, Column::kPrograms},
               {"name", Column::kLeft, Column::kPrograms}});
  constexpr int kShown = 5;
  for (const auto& insight : response.insights()) {
    table.AddRow({TextCell(insight.title()), CountCell(insight.customer_count()),
                  TextCell(EnumText(insight.kind())),
                  TextCell(absl::StrJoin(insight.evidence(), " ")), TextCell(insight.name())});
    for (const std::string& evidence : insight.evidence()) table.AddNote(evidence);
    if (insight.customers_size() == 0) continue;
    const auto begin = insight.customers().begin();
    const int named = std::min(kShown, insight.customers_size());
    table.AddNote(absl::StrCat("Customers: ", absl::StrJoin(begin, begin + named, ", "),
                               insight.customer_count() > named ? ", …" : ""));
  }
  std::vector<std::string> note;
  if (table.empty()) note = {"The sources do not contradict each other."};
  session.Print({Json::object({{"insights", ToJsonArray(response.insights())},
                               {"position", response.position()}}),
                 {},
                 std::move(table),
                 std::move(note)});
  return absl::OkStatus();
}

}  // namespace

void AddScoreVerbs(CLI::App& app, Session& session) {
  CLI::App* score = AddNoun(app, "score", "Experience scores, 1-100, with intervals");
  const auto scored_map = std::make_shared<std::string>();
  session
      .AddVerb(*score, "show", "The scores of a journey map's stages and steps",
               "score show --map become-and-stay-a-customer\n",
               [&session, scored_map] { return ShowScores(session, *scored_map); })
      ->add_option("MAP,--map", *scored_map, "Id of the journey map")
      ->required()
      ->type_name("ID");

  const auto ranked_map = std::make_shared<std::string>();
  session
      .AddVerb(app, "priorities", "What to fix first on a journey map, and why",
               "priorities --map become-and-stay-a-customer\n"
               "priorities --map become-and-stay-a-customer -o json\n",
               [&session, ranked_map] { return ShowPriorities(session, *ranked_map); })
      ->add_option("MAP,--map", *ranked_map, "Id of the journey map")
      ->required()
      ->type_name("ID");

  CLI::App* insights = AddNoun(app, "insights", "Where the sources contradict each other");
  session.AddVerb(*insights, "list", "List what contradicts or stands out", "insights list\n",
                  [&session] { return ListInsights(session); });
}

}  // namespace waymark::cli
