#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/cli/table.h"
#include "waymark/feedback/v1/conversation.pb.h"
#include "waymark/feedback/v1/stored_signal.pb.h"

namespace waymark::cli {

/// "survey", "chat", "social", "behaviour" or "staff": the values of `kind` in filters.
std::string KindText(const feedback::v1::Signal& signal);

/// What a signal says, in one line: `NETPRO 9, Q2 4 +12, "Friendly staff"`.
std::string SummaryOf(const feedback::v1::Signal& signal);

/// Names and values, for a person to read.
using Details = std::vector<std::pair<std::string, std::string>>;
Details DetailsOf(const feedback::v1::StoredSignal& stored);
Details DetailsOf(const feedback::v1::Conversation& conversation);

/// A row each.
Table DetailTable(const Details& details);

/// `text` as a filter's literal, in quotes.
std::string FilterLiteral(absl::string_view text);

}  // namespace waymark::cli
