#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "waymark/feedback/v1/feedback_service.pb.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::feedback {

/// A signal of any kind, of few sources, customers, times and words, so that many are alike.
v1::Signal RandomSignal(const std::string& external_id, std::mt19937& random);

/// A filter made at random, and what it means by another evaluation than the service's.
struct RandomFilter {
  std::string text;
  std::function<bool(const v1::Signal&)> holds;
};
RandomFilter MakeRandomFilter(int depth, std::mt19937& random);

/// The same for a search, of the words that RandomSignal uses.
RandomFilter MakeRandomSearch(std::mt19937& random);

/// What a service should hold after what it was sent: tells by itself what counts.
class SignalModel {
 public:
  /// The service's answer to a batch, in order.
  void Apply(const std::vector<v1::Signal>& batch, const v1::IngestResponse& response);

  /// What counts, in the order of lists: by event time, sequence and feed.
  std::vector<v1::Signal> Sorted(bool ascending) const;

 private:
  struct Live {
    v1::Signal signal;
    int64_t order = 0;
  };
  std::map<std::pair<std::string, std::string>, Live> live_;
  int64_t order_ = 0;
};

}  // namespace waymark::feedback
