#include "libs/importers/column_profile.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace waymark::importers {

ColumnProfile::ColumnProfile(absl::string_view name) : name_(name) {
  // Of formats that fit equally often the first counts.
  for (const char* format :
       {"iso", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%E*S",
        "%m/%d/%Y %H:%M:%E*S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%d.%m.%Y",
        "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%E*S", "%Y/%m/%d", "%Y/%m/%d %H:%M:%E*S"}) {
    if (auto parser = TimeParser::Create({format}, "UTC"); parser.ok()) {
      candidates_.push_back({format, *std::move(parser)});
    }
  }
}

void ColumnProfile::Add(const std::string& value) {
  if (value.empty()) {
    ++empty_;
    return;
  }
  ++filled_;
  total_length_ += static_cast<int64_t>(value.size());
  words_ += 1 + std::count(value.begin(), value.end(), ' ');
  longest_ = std::max(longest_, value.size());
  if (unique_ && !seen_.insert(value).second) {
    unique_ = false;
    seen_.clear();
  }
  if (!many_) ++common_[value];
  many_ |= common_.size() > kMaxCommon;
  // A time is short, begins with a digit and has separators; most values of most columns end here.
  if (value.size() > 40 || !absl::ascii_isdigit(value[0]) ||
      value.find_first_of("-/.") == std::string::npos) {
    return;
  }
  for (Candidate& candidate : candidates_) {
    if (candidate.parser.Parse(value).ok()) ++candidate.hits;
  }
}

bool ColumnProfile::NameHas(const std::vector<absl::string_view>& beginnings) const {
  const std::string lower = absl::AsciiStrToLower(name_);
  for (const absl::string_view word : absl::StrSplit(lower, absl::ByAnyChar(" _-.:/()"))) {
    if (std::any_of(beginnings.begin(), beginnings.end(), [&](absl::string_view beginning) {
          return absl::StartsWith(word, beginning);
        })) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> ColumnProfile::TimeFormats(bool* ambiguous) const {
  std::vector<Candidate> fitting;
  std::copy_if(candidates_.begin(), candidates_.end(), std::back_inserter(fitting),
               [](const Candidate& candidate) { return candidate.hits > 0; });
  std::stable_sort(fitting.begin(), fitting.end(),
                   [](const Candidate& a, const Candidate& b) { return a.hits > b.hits; });
  if (fitting.empty() || empty_ > filled_ || fitting[0].hits * 10 < filled_ * 9) return {};
  *ambiguous =
      fitting.size() > 1 && (fitting[0].hits < filled_ || fitting[0].hits == fitting[1].hits);
  std::vector<std::string> formats;
  for (const Candidate& candidate : fitting) formats.push_back(candidate.format);
  if (fitting[0].hits == filled_) formats.resize(1);
  return formats;
}

}  // namespace waymark::importers
