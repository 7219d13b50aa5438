#include "libs/columns/handoff.h"

#include <algorithm>
#include <tuple>

#include "libs/columns/pair_table.h"

namespace waymark::columns {
namespace {

enum class Ending { kCompleted, kOpen, kLost };

struct Transition {
  Passage passage;
  int64_t lost_on_arrival = 0;
};

/// What is known of a place while counting.
struct Tally {
  Id step;
  Id channel;
  Place place;
  /// The last case seen here, plus one.
  size_t last_case = 0;
};

class Counter {
 public:
  Counter(const View& view, const HandoffOptions& options)
      : view_(view),
        steps_(view.step_names().Names()),
        channels_(view.channel_names().Names()),
        open_since_(options.open_since_micros),
        is_goal_(steps_.size(), false),
        place_of_(steps_.size(), channels_.size()),
        transitions_(channels_.size(), channels_.size()) {
    for (const std::string& goal : options.goals) {
      if (const Id id = view.step_names().Find(goal); id != kNone) is_goal_[id] = true;
    }
  }

  Handoffs Run() {
    AssignPlaces();
    PairTable<Passage> onward(tallies_.size(), channels_.size());
    for (size_t c = 0; c < view_.cases(); ++c) {
      for (size_t i = view_.case_begin()[c]; i + 1 < view_.case_begin()[c + 1]; ++i) {
        Move(i, &onward);
      }
      End(c);
    }
    Collect(onward);
    return std::move(result_);
  }

 private:
  void AssignPlaces() {
    for (size_t c = 0; c < view_.cases(); ++c) {
      for (size_t i = view_.case_begin()[c]; i < view_.case_begin()[c + 1]; ++i) {
        size_t& slot = place_of_.At(view_.steps()[i], view_.channels()[i]);
        if (slot == 0) {
          tallies_.push_back({view_.steps()[i], view_.channels()[i]});
          slot = tallies_.size();
        }
        Tally& tally = tallies_[slot - 1];
        ++tally.place.occurrences;
        if (tally.last_case != c + 1) ++tally.place.cases;
        tally.last_case = c + 1;
      }
    }
  }

  size_t PlaceOf(size_t i) { return place_of_.At(view_.steps()[i], view_.channels()[i]) - 1; }

  bool IsHandoff(size_t i) const {
    const Id from = view_.channels()[i];
    const Id to = view_.channels()[i + 1];
    return from != to && from != kNone && to != kNone;
  }

  /// The case goes on from event i to event i + 1.
  void Move(size_t i, PairTable<Passage>* onward) {
    const int64_t micros = view_.times()[i + 1] - view_.times()[i];
    const size_t place = PlaceOf(i);
    onward->At(place, view_.channels()[i + 1]).Add(micros);
    if (!IsHandoff(i)) return;
    ++tallies_[place].place.handed_off;
    transitions_.At(view_.channels()[i], view_.channels()[i + 1]).passage.Add(micros);
  }

  Ending EndingOf(size_t last) const {
    if (is_goal_[view_.steps()[last]]) return Ending::kCompleted;
    return open_since_ && view_.times()[last] >= *open_since_ ? Ending::kOpen : Ending::kLost;
  }

  void End(size_t c) {
    const size_t last = view_.case_begin()[c + 1] - 1;
    Place& place = tallies_[PlaceOf(last)].place;
    switch (EndingOf(last)) {
      case Ending::kCompleted:
        ++place.completed;
        ++result_.completed;
        return;
      case Ending::kOpen:
        ++place.open;
        ++result_.open;
        return;
      case Ending::kLost:
        ++place.lost;
        ++result_.lost;
        if (last > view_.case_begin()[c] && IsHandoff(last - 1)) {
          ++transitions_.At(view_.channels()[last - 1], view_.channels()[last]).lost_on_arrival;
        }
        return;
    }
  }

  void Collect(const PairTable<Passage>& onward) {
    result_.cases = static_cast<int64_t>(view_.cases());
    onward.ForEach([&](size_t place, size_t channel, const Passage& passage) {
      if (passage.count == 0) return;
      tallies_[place].place.onward.push_back(
          {channels_[channel], passage.count, passage.mean_seconds()});
    });
    for (Tally& tally : tallies_) result_.places.push_back(Finish(std::move(tally)));
    std::sort(result_.places.begin(), result_.places.end(), [](const Place& a, const Place& b) {
      return std::tie(b.lost, a.step, a.channel) < std::tie(a.lost, b.step, b.channel);
    });
    transitions_.ForEach([&](size_t from, size_t to, const Transition& transition) {
      if (transition.passage.count == 0) return;
      result_.transitions.push_back({channels_[from], channels_[to], transition.passage.count,
                                     transition.passage.mean_seconds(),
                                     transition.lost_on_arrival});
    });
    std::sort(result_.transitions.begin(), result_.transitions.end(),
              [](const ChannelTransition& a, const ChannelTransition& b) {
                return std::tie(b.count, a.from, a.to) < std::tie(a.count, b.from, b.to);
              });
  }

  Place Finish(Tally tally) const {
    Place place = std::move(tally.place);
    place.step = steps_[tally.step];
    place.channel = channels_[tally.channel];
    std::sort(place.onward.begin(), place.onward.end(), [](const Onward& a, const Onward& b) {
      return std::tie(b.count, a.channel) < std::tie(a.count, b.channel);
    });
    const int64_t known = place.occurrences - place.open;
    if (known > 0) place.loss_share = static_cast<double>(place.lost) / static_cast<double>(known);
    return place;
  }

  const View& view_;
  const std::vector<std::string> steps_;
  const std::vector<std::string> channels_;
  const std::optional<int64_t> open_since_;
  std::vector<bool> is_goal_;
  /// 1 + the index in tallies_; 0: not seen.
  PairTable<size_t> place_of_;
  std::vector<Tally> tallies_;
  PairTable<Transition> transitions_;
  Handoffs result_;
};

}  // namespace

Handoffs MeasureHandoffs(const View& view, const HandoffOptions& options) {
  return Counter(view, options).Run();
}

}  // namespace waymark::columns
