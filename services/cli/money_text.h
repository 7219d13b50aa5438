#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "waymark/common/v1/money.pb.h"

namespace waymark::cli {

/// Reads "EUR 20000" or "EUR 19999.50", commas allowed between thousands. INVALID_ARGUMENT: it is
/// not of that form, has more than six decimals, or is out of range.
absl::StatusOr<common::v1::Money> ParseMoney(const std::string& text);

}  // namespace waymark::cli
