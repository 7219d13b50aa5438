#pragma once

#include <string>
#include <vector>

namespace waymark::testing {

/// The databases to run a suite on, as parameters of INSTANTIATE_TEST_SUITE_P: always "sqlite" and
/// "postgres", so that a run without a server shows what it left out.
std::vector<std::string> Backends();

/// Why `backend` cannot be tested here, or "" when it can. In the fixture's SetUp:
///   WM_REQUIRE_BACKEND(GetParam());
std::string MissingBackend(const std::string& backend);

/// The URL of a new, empty database, removed when the test program ends: a file in a temporary
/// folder, or a schema on the server that WAYMARK_TEST_POSTGRES names.
std::string FreshDatabaseUrl(const std::string& backend);

/// Whether a missing server is a failure, as it is in CI (environment CI=true).
bool MissingServerFails();

}  // namespace waymark::testing

/// Skips the test with a clear message when the server for `backend` ("sqlite", "postgres" or
/// "redis") was not given; fails it in CI.
#define WM_REQUIRE_BACKEND(backend)                                               \
  if (const std::string wm_missing = ::waymark::testing::MissingBackend(backend); \
      !wm_missing.empty()) {                                                      \
    if (::waymark::testing::MissingServerFails()) {                               \
      GTEST_FAIL() << wm_missing;                                                 \
    } else {                                                                      \
      GTEST_SKIP() << wm_missing;                                                 \
    }                                                                             \
  }                                                                               \
  static_assert(true, "a semicolon follows")
