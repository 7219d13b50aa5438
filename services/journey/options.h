#pragma once

#include <string>

#include "libs/base/options.h"

namespace waymark::journey {

/// What can be set from outside about the journey service.
struct Options {
  /// Where touchpoints, personas and journey maps live; see sql::Database.
  std::string database = "sqlite:waymark-data/journey.db";
  /// Where discovered journeys are kept; see cache::Open.
  std::string cache = "memory:64MB";
  /// Address of the feedback service; unused when the host hands in a channel.
  std::string feedback = "127.0.0.1:7401";

  void Register(OptionSet& set) {
    set.Add("database", &database, "where models are kept: sqlite:PATH or postgresql://...");
    set.Add("cache", &cache, "cache of results: memory:64MB or redis://HOST:PORT");
    set.Add("feedback", &feedback, "HOST:PORT of the feedback service");
  }
};

}  // namespace waymark::journey
