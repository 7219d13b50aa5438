#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

/// Returns from the enclosing function when `expr` (an absl::Status) is not OK.
#define WM_RETURN_IF_ERROR(expr)                            \
  do {                                                      \
    if (absl::Status wm_status = (expr); !wm_status.ok()) { \
      return wm_status;                                     \
    }                                                       \
  } while (false)

#define WM_CONCAT_INNER(a, b) a##b
#define WM_CONCAT(a, b) WM_CONCAT_INNER(a, b)

/// `WM_ASSIGN_OR_RETURN(auto row, store.Get(name));` declares or assigns the value of a StatusOr,
/// or returns its status from the enclosing function.
#define WM_ASSIGN_OR_RETURN(lhs, expr) \
  WM_ASSIGN_OR_RETURN_INNER(WM_CONCAT(wm_statusor_, __LINE__), lhs, expr)

#define WM_ASSIGN_OR_RETURN_INNER(var, lhs, expr) \
  auto var = (expr);                              \
  if (!var.ok()) return std::move(var).status();  \
  lhs = *std::move(var)
