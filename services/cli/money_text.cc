#include "services/cli/money_text.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace waymark::cli {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr size_t kDecimals = 6;

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

bool IsCurrency(absl::string_view text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), absl::ascii_isupper);
}

}  // namespace

absl::StatusOr<common::v1::Money> ParseMoney(const std::string& text) {
  const absl::Status error = absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no amount; write the currency and the amount, \"EUR 20000\""));
  const std::vector<std::string> parts = absl::StrSplit(text, ' ', absl::SkipEmpty());
  if (parts.size() != 2 || !IsCurrency(parts[0])) return error;
  const std::vector<std::string> amount =
      absl::StrSplit(absl::StrReplaceAll(parts[1], {{",", ""}}), '.');
  const std::string decimals = amount.size() > 1 ? amount[1] : "0";
  int64_t units = 0;
  int64_t micros = 0;
  if (amount.size() > 2 || !IsDigits(amount[0]) || !IsDigits(decimals) ||
      decimals.size() > kDecimals || !absl::SimpleAtoi(amount[0], &units) ||
      !absl::SimpleAtoi(absl::StrCat(decimals, std::string(kDecimals - decimals.size(), '0')),
                        &micros) ||
      units >= std::numeric_limits<int64_t>::max() / kMicros) {
    return error;
  }
  common::v1::Money money;
  money.set_currency_code(parts[0]);
  money.set_micros(units * kMicros + micros);
  return money;
}

}  // namespace waymark::cli
