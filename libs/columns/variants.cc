#include "libs/columns/variants.h"

#include <algorithm>
#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "libs/columns/pair_table.h"

namespace waymark::columns {
namespace {

/// The steps of one case with their hash, which is computed once.
struct Trace {
  absl::Span<const Id> steps;
  uint64_t hash;

  friend bool operator==(const Trace& a, const Trace& b) { return a.steps == b.steps; }
};

struct TraceHash {
  size_t operator()(const Trace& trace) const { return trace.hash; }
};

uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// Multiply and fold, as in wyhash; the length is part of it.
uint64_t HashSteps(absl::Span<const Id> steps) {
  uint64_t hash = 0x9e3779b97f4a7c15 ^ steps.size();
  for (const Id step : steps) hash = Mix(hash ^ step, 0xa0761d6478bd642f);
  return Mix(hash ^ 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3);
}

using Counts = absl::flat_hash_map<Trace, Passage, TraceHash>;

Counts CountTraces(const View& view) {
  Counts counts;
  for (size_t c = 0; c < view.cases(); ++c) {
    const size_t begin = view.case_begin()[c];
    const size_t end = view.case_begin()[c + 1];
    const absl::Span<const Id> steps = view.steps().subspan(begin, end - begin);
    counts[{steps, HashSteps(steps)}].Add(view.times()[end - 1] - view.times()[begin]);
  }
  return counts;
}

/// By step id, where its name stands among all names in alphabetical order.
std::vector<Id> AlphabeticalRanks(const std::vector<std::string>& names) {
  std::vector<Id> order(names.size());
  std::iota(order.begin(), order.end(), Id{0});
  std::sort(order.begin(), order.end(), [&](Id a, Id b) { return names[a] < names[b]; });
  std::vector<Id> ranks(names.size());
  for (Id rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

}  // namespace

Variants CountVariants(const View& view, size_t limit) {
  const Counts counts = CountTraces(view);
  const std::vector<std::string> names = view.step_names().Names();
  const std::vector<Id> ranks = AlphabeticalRanks(names);
  using Counted = Counts::value_type;
  std::vector<const Counted*> ordered;
  ordered.reserve(counts.size());
  for (const Counted& counted : counts) ordered.push_back(&counted);
  const size_t shown = std::min(limit, ordered.size());
  std::partial_sort(ordered.begin(), ordered.begin() + shown, ordered.end(),
                    [&](const Counted* a, const Counted* b) {
                      if (a->second.count != b->second.count)
                        return a->second.count > b->second.count;
                      return std::lexicographical_compare(
                          a->first.steps.begin(), a->first.steps.end(), b->first.steps.begin(),
                          b->first.steps.end(), [&](Id x, Id y) { return ranks[x] < ranks[y]; });
                    });

  Variants result;
  result.cases = static_cast<int64_t>(view.cases());
  result.distinct = static_cast<int64_t>(ordered.size());
  for (size_t i = 0; i < shown; ++i) {
    const auto& [trace, passage] = *ordered[i];
    Variant& variant = result.top.emplace_back();
    for (const Id step : trace.steps) variant.steps.push_back(names[step]);
    variant.count = passage.count;
    variant.share = static_cast<double>(passage.count) / static_cast<double>(view.cases());
    variant.mean_seconds = passage.mean_seconds();
  }
  return result;
}

}  // namespace waymark::columns
