#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/columns/view.h"

namespace waymark::columns {

/// Where a case went from a place: the channel of its next event (maybe the same channel).
struct Onward {
  std::string channel;
  int64_t count = 0;
  double mean_seconds = 0;
};

/// One step on one channel. For each place
///   occurrences = sum of onward counts + completed + open + lost.
struct Place {
  std::string step;
  std::string channel;
  int64_t occurrences = 0;
  /// Cases that were here at least once.
  int64_t cases = 0;
  /// By count, highest first, then by name.
  std::vector<Onward> onward;
  /// Onward moves to another known channel: a place with some is where hand-offs are made.
  int64_t handed_off = 0;
  /// Cases that ended here: at a goal; too recently to know; or neither, so the customer is lost.
  int64_t completed = 0;
  int64_t open = 0;
  int64_t lost = 0;
  /// lost / (occurrences - open): of the visits whose outcome is known, the share after which
  /// nothing came although it should have. 0 when no outcome is known.
  double loss_share = 0;
};

/// Consecutive events of a case on two different channels, both known.
struct ChannelTransition {
  std::string from;
  std::string to;
  int64_t count = 0;
  double mean_seconds = 0;
  /// Of these, after how many the case was lost on arrival: the first event on `to` was its last.
  int64_t lost_on_arrival = 0;
};

struct HandoffOptions {
  /// Steps at which a case may well end.
  std::vector<std::string> goals;
  /// A case whose last event is at or after this time has not had the time to go on: it is open.
  std::optional<int64_t> open_since_micros;
};

/// completed + open + lost = cases, in sum over the places and here.
struct Handoffs {
  int64_t cases = 0;
  int64_t completed = 0;
  int64_t open = 0;
  int64_t lost = 0;
  /// By lost, highest first, then by step and channel.
  std::vector<Place> places;
  /// By count, highest first, then by name.
  std::vector<ChannelTransition> transitions;
};

/// How cases of `view` pass from channel to channel, and where they are lost. A hand-off that loses
/// people shows as a place with `handed_off` > 0 and a high loss_share (they never arrive), or as a
/// transition with many lost_on_arrival (they arrive and give up).
Handoffs MeasureHandoffs(const View& view, const HandoffOptions& options);

}  // namespace waymark::columns
