#pragma once

#include <cstdint>
#include <string>

#include "libs/base/options.h"

namespace waymark::standalone {

/// What can be set from outside about the process that holds all services.
struct Options {
  /// Folder of the embedded stores; each service has a folder of its own in it.
  std::string data = "waymark-data";
  /// Where costly results are kept; see cache::Open.
  std::string cache = "memory:64MB";

  void Register(OptionSet& set) {
    set.Add("data", &data, "folder where everything is kept, made when missing");
    set.Add("cache", &cache, "cache of results: memory:64MB or redis://HOST:PORT");
  }
};

}  // namespace waymark::standalone
