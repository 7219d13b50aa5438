#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "waymark/feedback/v1/signal.pb.h"
#include "waymark/feedback/v1/touchpoint_catalogue.pb.h"

namespace waymark::feedback {

/// Places signals, and answers of surveys and chats, on touchpoints by the rules of one catalogue.
/// What a signal or an answer says itself wins; else the first rule decides whose set fields all
/// match. A row of a matrix is placed apart when a rule names it as the question "QUESTION/ROW".
/// However many rules there are, a look-up costs a few hash probes: rules are kept by which fields
/// they set. Immutable, so thread-safe.
class PlacementEngine {
 public:
  explicit PlacementEngine(const v1::TouchpointCatalogue& catalogue);

  int64_t revision() const { return revision_; }

  /// The places of `signal`, at most one for itself, one an answer and one a row of a matrix; none
  /// for a tombstone.
  v1::Enrichment Place(const v1::Signal& signal) const;

 private:
  /// Fields of a rule, or of what it is compared with; an empty one of a rule matches anything.
  struct Fields {
    absl::string_view source;
    absl::string_view question;
    absl::string_view activity;
    absl::string_view channel;
  };
  /// The rules that set the same fields.
  struct Group {
    unsigned mask = 0;
    absl::flat_hash_map<std::string, int> first_rule;
  };

  static std::string KeyOf(unsigned mask, const Fields& fields);
  const std::string* Find(const std::vector<Group>& groups, const Fields& fields) const;
  void PlaceAnswer(const v1::Answer& answer, Fields fields, v1::Enrichment* enrichment) const;

  int64_t revision_ = 0;
  std::vector<std::string> touchpoints_;
  std::vector<Group> signal_groups_;
  std::vector<Group> answer_groups_;
};

/// Whether two placements of one signal are the same, whatever catalogue made them.
bool SamePlacements(const v1::Enrichment& a, const v1::Enrichment& b);

}  // namespace waymark::feedback
