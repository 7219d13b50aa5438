#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/columns/view.h"

namespace waymark::columns {

/// How often `to` came directly after `from` in a case, and how long that took.
struct Edge {
  std::string from;
  std::string to;
  int64_t count = 0;
  double mean_seconds = 0;
};

struct Node {
  std::string step;
  /// How often the step occurs, and how many cases start and end with it.
  int64_t occurrences = 0;
  int64_t starts = 0;
  int64_t ends = 0;
};

/// The directly-follows graph (van der Aalst, Process Mining, 2016, §6.2). It reconciles exactly:
/// starts and ends each sum to `cases`; occurrences sum to `events`; for each node, incoming edges
/// + starts = outgoing edges + ends = occurrences.
struct Graph {
  int64_t cases = 0;
  int64_t events = 0;
  /// By count, highest first, then by name.
  std::vector<Edge> edges;
  /// By occurrences, highest first, then by name.
  std::vector<Node> nodes;
};

/// The graph of `view`: one pass, a matrix of counts while the steps are few, else a hash table.
Graph DirectlyFollows(const View& view);

/// How long cases last, from their first event to their last. Zeros when there are no cases.
struct CaseDurations {
  int64_t cases = 0;
  double mean_seconds = 0;
  /// The mean of the two middle ones when `cases` is even.
  double median_seconds = 0;
};

CaseDurations MeasureDurations(const View& view);

}  // namespace waymark::columns
