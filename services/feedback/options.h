#pragma once

#include <cstdint>
#include <string>

#include "libs/base/options.h"

namespace waymark::feedback {

/// The options of the feedback service.
struct Options {
  /// Where the journal is: sqlite:PATH or postgresql://...
  std::string database = "sqlite:waymark-data/feedback.db";
  /// Bytes of batches that may wait to be committed; more are shed, and of one tenant the half.
  int64_t max_queued_bytes = 64 << 20;
  /// Signals that may wait to be indexed; while there are more, batches are shed. 0: no bound.
  int64_t max_index_lag = 2'000'000;

  /// Declares them; they must outlive the parsing.
  void Register(OptionSet& set) {
    set.Add("database", &database, "database URL: sqlite:PATH or postgresql://...");
    set.Add("max-queued-bytes", &max_queued_bytes,
            "bytes of batches that may wait to be committed; more are shed, and of one tenant the "
            "half");
    set.Add(
        "max-index-lag", &max_index_lag,
        "signals that may wait to be indexed; batches are shed while there are more; 0: no bound");
  }
};

}  // namespace waymark::feedback
