#include "services/cli/signal_filter.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/cli/session.h"
#include "services/cli/time_text.h"

namespace waymark::cli {
namespace {

using common::v1::AttributeCondition;
using common::v1::SignalFilter;

// "segment=home,family"
absl::StatusOr<AttributeCondition> ParseCondition(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (parts.first.empty() || parts.second.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no condition; write KEY=VALUE or KEY=VALUE,VALUE"));
  }
  AttributeCondition condition;
  condition.set_key(parts.first);
  for (const absl::string_view value : absl::StrSplit(parts.second, ',')) {
    condition.add_values(std::string(value));
  }
  return condition;
}

}  // namespace

void AddFilterOptions(CLI::App& verb, const std::shared_ptr<SignalFilter>& filter) {
  verb.add_option_function<std::vector<std::string>>(
          "--source",
          [filter](const std::vector<std::string>& ids) {
            filter->mutable_sources()->Assign(ids.begin(), ids.end());
          },
          "Only signals of this source; may be given again; default: all sources")
      ->type_name("ID")
      ->allow_extra_args(false);
  verb.add_option_function<std::string>(
          "--from",
          [filter](const std::string& text) {
            *filter->mutable_time_range()->mutable_start_time() = *ParseTime(text);
          },
          "Only what happened at or after this time, e.g. 2026-05-01 or 2026-05-01T08:00:00Z")
      ->check(Checked(ParseTime))
      ->type_name("TIME");
  verb.add_option_function<std::string>(
          "--to",
          [filter](const std::string& text) {
            *filter->mutable_time_range()->mutable_end_time() = *ParseTime(text);
          },
          "Only what happened before this time")
      ->check(Checked(ParseTime))
      ->type_name("TIME");
  verb.add_option_function<std::vector<std::string>>(
          "--where",
          [filter](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) *filter->add_attributes() = *ParseCondition(text);
          },
          "Only signals with this attribute; may be given again, all must hold")
      ->check(Checked(ParseCondition))
      ->type_name("KEY=VALUE[,VALUE]")
      ->allow_extra_args(false);
}

}  // namespace waymark::cli
