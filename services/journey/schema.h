#pragma once

#include "absl/types/span.h"
#include "libs/sql/migrations.h"

namespace waymark::journey {

/// Every step of the journey database's schema.
absl::Span<const sql::Migration> Migrations();

}  // namespace waymark::journey
