#pragma once

#include <string>

#include "libs/base/options.h"

namespace waymark::scoring {

/// What can be set from outside about the scoring service.
struct Options {
  /// Where reports and priorities are kept; see cache::Open.
  std::string cache = "memory:64MB";
  /// Addresses of the peers; unused when the host hands in channels.
  std::string feedback = "127.0.0.1:7401";
  std::string journey = "127.0.0.1:7402";

  void Register(OptionSet& set) {
    set.Add("cache", &cache, "cache of results: memory:64MB or redis://HOST:PORT");
    set.Add("feedback", &feedback, "HOST:PORT of the feedback service");
    set.Add("journey", &journey, "HOST:PORT of the journey service");
  }
};

}  // namespace waymark::scoring
