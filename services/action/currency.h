#pragma once

#include "absl/strings/string_view.h"

namespace waymark::action {

/// Whether `code` is in force in ISO 4217, e.g. "EUR"; capitals only. Thread-safe.
bool IsCurrency(absl::string_view code);

}  // namespace waymark::action
