#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::cli {

struct SimulatorOptions {
  int64_t customers = 2000;
  uint64_t seed = 1;
  /// False: a company without problems, to see that none are found.
  bool plant = true;
};

/// What is wrong with the simulated company, for whoever checks what an analysis found.
struct Truths {
  /// Step whose ratings are about a quarter of the scale lower than the others'.
  std::string broken_step;
  /// Activity after which, when the channel changes, three customers of ten are lost.
  std::string lossy_activity;
  std::string lossy_from_channel;
  std::string lossy_to_channel;
  /// Attribute whose value marks customers with a worse experience everywhere.
  std::string segment_key;
  std::string segment_value;
  /// Customers who use the service as ever but of whom staff know that they leave.
  std::vector<std::string> hidden_leavers;
};

/// Lets the customers of Lumora, a fictional internet provider, walk its journey: they visit,
/// order, are installed, use, ask for help, pay and get a renewal offer, on six channels; some
/// answer surveys, chat, post, or leave; staff note what they hear. The journey is the one of
/// demo/journey.yaml. `sink` gets each signal, customer by customer; an error of it ends the
/// simulation. Equal options give equal signals.
absl::Status Simulate(const SimulatorOptions& options,
                      const std::function<absl::Status(const feedback::v1::Signal&)>& sink,
                      Truths* truths);

/// The truths as a JSON object.
std::string TruthsToJson(const SimulatorOptions& options, const Truths& truths);

}  // namespace waymark::cli
