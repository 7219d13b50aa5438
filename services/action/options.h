#pragma once

#include <string>

#include "libs/base/options.h"

namespace waymark::action {

/// What can be set from outside about the action service.
struct Options {
  /// Where programmes, actions and cases live; see sql::Database.
  std::string database = "sqlite:waymark-data/action.db";
  /// Address of the scoring service; unused when the host hands in a channel.
  std::string scoring = "127.0.0.1:7403";

  void Register(OptionSet& set) {
    set.Add("database", &database, "database URL: sqlite:PATH or postgresql://...");
    set.Add("scoring", &scoring, "HOST:PORT of the scoring service");
  }
};

}  // namespace waymark::action
