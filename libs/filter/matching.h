#pragma once

#include "libs/filter/program.h"
#include "libs/filter/record.h"

namespace waymark::filter {

/// Whether `value` passes `test`; an absent one never does. A text passes a comparison with a
/// number or a truth value when it reads as one, and a number or truth value one with text by its
/// own text. Allocates nothing.
bool Compare(const Value& value, const Test& test);

}  // namespace waymark::filter
