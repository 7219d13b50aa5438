#pragma once

#include <memory>

#include "CLI/CLI.hpp"
#include "waymark/common/v1/filter.pb.h"

namespace waymark::cli {

/// Adds the options that say which signals an analysis looks at (--source, --from, --to, --where)
/// to `verb`; what is parsed goes into *filter, which the parser shares.
void AddFilterOptions(CLI::App& verb, const std::shared_ptr<common::v1::SignalFilter>& filter);

}  // namespace waymark::cli
