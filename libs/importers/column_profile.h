#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/importers/event_time.h"

namespace waymark::importers {

/// What the values of one column look like. Not thread-safe.
class ColumnProfile {
 public:
  explicit ColumnProfile(absl::string_view name);

  void Add(const std::string& value);

  const std::string& name() const { return name_; }
  /// Whether a word of the column's name begins with one of `beginnings`, which are in lower case.
  bool NameHas(const std::vector<absl::string_view>& beginnings) const;

  int64_t filled() const { return filled_; }
  bool HasGaps() const { return empty_ > 0; }
  /// Every row has a value of its own, short enough for an id.
  bool IsUnique() const { return empty_ == 0 && filled_ > 0 && unique_ && longest_ <= 256; }
  /// Mostly sentences.
  bool IsText() const {
    return filled_ > 0 && total_length_ > 20 * filled_ && words_ > 3 * filled_;
  }
  /// At most `count` distinct values, none too long for an attribute.
  bool HasAtMost(size_t count) const {
    return filled_ > 0 && !many_ && common_.size() <= count && longest_ <= 256;
  }
  /// Values and how often they came; complete when HasAtMost(kMaxCommon).
  const std::map<std::string, int64_t>& common() const { return common_; }

  /// The formats that its values are written in, the most frequent first; none when fewer than nine
  /// in ten are times. *ambiguous: day and month could be meant the other way round.
  std::vector<std::string> TimeFormats(bool* ambiguous) const;

  static constexpr size_t kMaxCommon = 200;

 private:
  struct Candidate {
    std::string format;
    TimeParser parser;
    int64_t hits = 0;
  };

  std::string name_;
  int64_t empty_ = 0;
  int64_t filled_ = 0;
  int64_t total_length_ = 0;
  int64_t words_ = 0;
  size_t longest_ = 0;
  bool unique_ = true;
  bool many_ = false;
  std::unordered_set<std::string> seen_;
  std::map<std::string, int64_t> common_;
  std::vector<Candidate> candidates_;
};

}  // namespace waymark::importers
