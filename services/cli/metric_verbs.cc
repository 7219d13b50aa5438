#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"
#include "libs/render/text.h"
#include "services/cli/enum_text.h"
#include "services/cli/signal_filter.h"
#include "services/cli/verbs.h"

namespace waymark::cli {
namespace {

using common::v1::Estimate;
using scoring::v1::AnsweredVersion;
using scoring::v1::ComputeMetricRequest;
using scoring::v1::MetricResult;

struct MetricOptions {
  ComputeMetricRequest request;
  std::shared_ptr<common::v1::SignalFilter> filter = std::make_shared<common::v1::SignalFilter>();
};

constexpr int kBarWidth = 30;

std::string Bar(int64_t count, int64_t largest) {
  std::string bar;
  const auto length =
      std::lround(static_cast<double>(kBarWidth) * count / std::max<int64_t>(1, largest));
  for (long i = 0; i < length; ++i) bar += "█";
  return bar;
}

std::string Headline(const MetricResult& result) {
  const Estimate& estimate = result.estimate();
  if (estimate.suppressed()) {
    return absl::StrCat("Too few answers to report: n ", estimate.n());
  }
  return absl::StrFormat(
      "%s   (%s .. %s at %g %%, n %s)", render::FormatNumber(estimate.value(), 2),
      render::FormatNumber(estimate.lower(), 2), render::FormatNumber(estimate.upper(), 2),
      100 * estimate.confidence(), render::FormatCount(estimate.n()));
}

std::string Describe(const AnsweredVersion& version) {
  std::string text =
      absl::StrCat(version.id(), ", on ", version.scale().min(), "-", version.scale().max(), ", n ",
                   render::FormatCount(version.answers()));
  if (!version.source_version().empty()) absl::StrAppend(&text, ", ", version.source_version());
  if (!version.text().empty()) absl::StrAppend(&text, ": ", version.text());
  return text;
}

// What was left out because the question was asked in another way.
void DescribeVersions(const MetricResult& result, std::vector<std::string>* lines) {
  if (result.other_versions().empty()) return;
  for (const AnsweredVersion& version : result.versions()) {
    lines->push_back(absl::StrCat("Counted: version ", Describe(version)));
  }
  for (const AnsweredVersion& version : result.other_versions()) {
    lines->push_back(absl::StrCat("Not counted: version ", Describe(version)));
  }
}

absl::Status Compute(Session& session, const MetricOptions& options) {
  ComputeMetricRequest request = options.request;
  request.set_parent(session.Parent());
  *request.mutable_filter() = *options.filter;
  WM_ASSIGN_OR_RETURN(
      const MetricResult result,
      session.client().Call(&scoring::v1::ScoringService::StubInterface::ComputeMetric, request));
  Answer answer{ToJson(result),
                {},
                Table({{"answer", Column::kRight},
                       {"count", Column::kRight},
                       {"share %", Column::kRight},
                       {""}}),
                {}};
  answer.heading = {Headline(result), result.definition()};
  if (result.not_rated() > 0) {
    answer.heading.push_back(
        absl::StrCat(render::FormatCount(result.not_rated()), " answers are no rating"));
  }
  DescribeVersions(result, &answer.heading);
  int64_t total = 0;
  int64_t largest = 0;
  for (const auto& bin : result.distribution()) {
    total += bin.count();
    largest = std::max(largest, bin.count());
  }
  for (const auto& bin : result.distribution()) {
    const bool whole = bin.value() == std::floor(bin.value());
    answer.table.AddRow({NumberCell(bin.value(), whole ? 0 : 2), CountCell(bin.count()),
                         NumberCell(100.0 * bin.count() / std::max<int64_t>(1, total), 1),
                         Cell{Bar(bin.count(), largest), ""}});
  }
  session.Print(answer);
  return absl::OkStatus();
}

std::shared_ptr<MetricOptions> AddMetric(CLI::App& noun, Session& session,
                                         scoring::v1::Metric metric, const std::string& summary,
                                         const std::string& examples, CLI::App** verb) {
  auto options = std::make_shared<MetricOptions>();
  options->request.set_metric(metric);
  *verb = session.AddVerb(noun, EnumText(metric), summary, examples,
                          [&session, options] { return Compute(session, *options); });
  AddFilterOptions(**verb, options->filter);
  (*verb)
      ->add_option_function<std::string>(
          "--question", [options](const std::string& id) { options->request.set_question(id); },
          "Id of the question; default: the only one of this kind")
      ->type_name("ID");
  (*verb)
      ->add_option_function<std::vector<std::string>>(
          "--question-version",
          [options](const std::vector<std::string>& ids) {
            options->request.mutable_versions()->Assign(ids.begin(), ids.end());
          },
          "Version of the question to count; may be given again to join several; default: the "
          "newest")
      ->type_name("ID")
      ->allow_extra_args(false);
  (*verb)
      ->add_option_function<double>(
          "--confidence",
          [options](double confidence) { options->request.set_confidence(confidence); },
          "Probability of the interval")
      ->check(CLI::Range(0.5, 0.999).description(""))
      ->default_str("0.95")
      ->type_name("P");
  return options;
}

}  // namespace

void AddMetricVerbs(CLI::App& app, Session& session) {
  CLI::App* noun =
      AddNoun(app, "metric", "Compute NPS, CSAT or CES from the answers to a question");
  CLI::App* verb = nullptr;

  auto options = AddMetric(*noun, session, scoring::v1::METRIC_NPS, "Net Promoter Score, -100..100",
                           "metric nps --source sfo-2017 --question NETPRO\n"
                           "metric nps --source sfo-2017 --question NETPRO --weighted -o json\n",
                           &verb);
  verb->add_flag_callback(
      "--weighted", [options] { options->request.set_weighted(true); },
      "Weight answers by their respondents' weights");

  options = AddMetric(*noun, session, scoring::v1::METRIC_CSAT,
                      "Customer satisfaction: share of the best answers, in %",
                      "metric csat --source sfo-2017 --question Q7ALL --top 2\n", &verb);
  verb->add_option_function<int>(
          "--top", [options](int top) { options->request.set_top_boxes(top); },
          "How many of the best answers count")
      ->check(CLI::PositiveNumber)
      ->default_str("2")
      ->type_name("N");

  options = AddMetric(*noun, session, scoring::v1::METRIC_CES, "Customer effort score",
                      "metric ces --source support --question effort --convention net\n", &verb);
  const auto& conventions = *scoring::v1::CesConvention_descriptor();
  verb->add_option_function<std::string>(
          "--convention",
          [options, &conventions](const std::string& text) {
            options->request.set_ces_convention(
                static_cast<scoring::v1::CesConvention>(*ParseEnumText(conventions, text)));
          },
          absl::StrCat("How it is computed: ", EnumChoices(conventions)))
      ->check(EnumCheck(conventions))
      ->default_str("mean")
      ->type_name("HOW");
}

}  // namespace waymark::cli
