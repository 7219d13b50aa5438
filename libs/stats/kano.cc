#include "libs/stats/kano.h"

#include <cstddef>

#include "absl/strings/str_format.h"
#include "libs/base/status_macros.h"

namespace waymark::stats {
namespace {

absl::Status Validate(const KanoCounts& c) {
  for (const int64_t count :
       {c.must_be, c.one_dimensional, c.attractive, c.indifferent, c.reverse, c.questionable}) {
    if (count < 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("a Kano category counted %d times; give 0 or more", count));
    }
  }
  return absl::OkStatus();
}

int64_t KanoCounts::*CountOf(KanoCategory category) {
  switch (category) {
    case KanoCategory::kMustBe:
      return &KanoCounts::must_be;
    case KanoCategory::kOneDimensional:
      return &KanoCounts::one_dimensional;
    case KanoCategory::kAttractive:
      return &KanoCounts::attractive;
    case KanoCategory::kIndifferent:
      return &KanoCounts::indifferent;
    case KanoCategory::kReverse:
      return &KanoCounts::reverse;
    case KanoCategory::kQuestionable:
      break;
  }
  return &KanoCounts::questionable;
}

}  // namespace

KanoCategory ClassifyKano(KanoAnswer functional, KanoAnswer dysfunctional) {
  using enum KanoCategory;
  static constexpr KanoCategory kTable[5][5] = {
      {kQuestionable, kAttractive, kAttractive, kAttractive, kOneDimensional},
      {kReverse, kIndifferent, kIndifferent, kIndifferent, kMustBe},
      {kReverse, kIndifferent, kIndifferent, kIndifferent, kMustBe},
      {kReverse, kIndifferent, kIndifferent, kIndifferent, kMustBe},
      {kReverse, kReverse, kReverse, kReverse, kQuestionable},
  };
  return kTable[static_cast<size_t>(functional)][static_cast<size_t>(dysfunctional)];
}

void KanoCounts::Add(KanoCategory category) { ++(this->*CountOf(category)); }

absl::StatusOr<KanoCategory> DominantKano(const KanoCounts& counts) {
  WM_RETURN_IF_ERROR(Validate(counts));
  using enum KanoCategory;
  KanoCategory dominant = kMustBe;
  for (const KanoCategory category :
       {kOneDimensional, kAttractive, kIndifferent, kReverse, kQuestionable}) {
    if (counts.*CountOf(category) > counts.*CountOf(dominant)) dominant = category;
  }
  if (counts.*CountOf(dominant) > 0) return dominant;
  return absl::InvalidArgumentError("no Kano answers; collect some before classifying");
}

absl::StatusOr<KanoCoefficients> BetterWorse(const KanoCounts& c) {
  WM_RETURN_IF_ERROR(Validate(c));
  const int64_t total = c.attractive + c.one_dimensional + c.must_be + c.indifferent;
  if (total == 0) {
    return absl::InvalidArgumentError(
        "no attractive, one-dimensional, must-be or indifferent answer; better and worse need one");
  }
  const double n = static_cast<double>(total);
  return KanoCoefficients{static_cast<double>(c.attractive + c.one_dimensional) / n,
                          -static_cast<double>(c.one_dimensional + c.must_be) / n};
}

}  // namespace waymark::stats
