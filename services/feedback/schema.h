#pragma once

#include "absl/types/span.h"
#include "libs/sql/migrations.h"

namespace waymark::feedback {

/// The steps of this service's schema. Times are microseconds since 1970.
absl::Span<const sql::Migration> Migrations();

}  // namespace waymark::feedback
