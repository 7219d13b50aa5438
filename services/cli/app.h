#pragma once

#include <ostream>

namespace waymark::cli {

/// Runs `waymark` with these arguments. Answers go to `out`; problems, progress and advice to
/// `err`. Returns the exit code: 0, 1 when the work failed, 2 when the arguments make no sense.
int RunApp(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace waymark::cli
