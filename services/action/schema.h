#pragma once

#include "absl/types/span.h"
#include "libs/sql/migrations.h"

namespace waymark::action {

/// Every step of the action database's schema.
absl::Span<const sql::Migration> Migrations();

}  // namespace waymark::action
