#include "libs/text/phone.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "libs/text/re2_text.h"

namespace waymark::text {
namespace {

constexpr size_t kMinDigits = 6;
constexpr size_t kMaxDigits = 15;

/// How a candidate is written.
struct Form {
  /// Lengths of its groups of digits, without an extension, and the byte before each but the first.
  std::vector<size_t> groups;
  std::vector<char> separators;
  size_t digits = 0;
  bool has_plus = false;
  bool starts_with_zero = false;
  bool starts_with_two_zeros = false;
  bool has_area_in_parentheses = false;
  bool has_extension = false;

  bool grouped() const { return groups.size() > 1; }
};

/// The first letter begins an extension.
absl::string_view WithoutExtension(absl::string_view candidate) {
  const auto letter = std::find_if(candidate.begin(), candidate.end(), absl::ascii_isalpha);
  return candidate.substr(0, letter - candidate.begin());
}

Form FormOf(absl::string_view candidate) {
  const absl::string_view number = WithoutExtension(candidate);
  Form form;
  form.has_extension = number.size() < candidate.size();
  form.has_plus = number[0] == '+';
  const size_t area_end = number.find_first_not_of("0123456789", 1);
  form.has_area_in_parentheses =
      number[0] == '(' && area_end != absl::string_view::npos && number[area_end] == ')';
  const absl::string_view digits = number.substr(number.find_first_of("0123456789"));
  form.starts_with_zero = digits[0] == '0';
  form.starts_with_two_zeros = digits.substr(0, 2) == "00";
  char previous = ' ';
  for (const char c : digits) {
    if (absl::ascii_isdigit(c)) {
      if (!absl::ascii_isdigit(previous)) {
        if (!form.groups.empty()) form.separators.push_back(previous);
        form.groups.push_back(0);
      }
      ++form.groups.back();
      ++form.digits;
    }
    previous = c;
  }
  return form;
}

bool IsOneOf(char c, absl::string_view set) { return set.find(c) != absl::string_view::npos; }

bool AllSeparatorsAre(const Form& form, absl::string_view set) {
  return std::all_of(form.separators.begin(), form.separators.end(),
                     [&](char separator) { return IsOneOf(separator, set); });
}

/// 1990-12-30, 30.12.1990 and 30/12/1990 at the start, or 30.12.90 alone.
bool IsDate(const Form& form) {
  if (form.groups.size() < 3 || form.separators[0] != form.separators[1]) return false;
  if (form.separators[0] == ' ' || form.has_plus || form.has_area_in_parentheses) return false;
  const size_t a = form.groups[0], b = form.groups[1], c = form.groups[2];
  if (b > 2) return false;
  return (a == 4 && c <= 2) || (a <= 2 && c == 4) ||
         (a <= 2 && c == 2 && form.groups.size() == 3 && form.separators[0] != '-');
}

/// 1.234.567
bool IsAmount(const Form& form) {
  return form.grouped() && !form.starts_with_zero && form.groups[0] <= 3 &&
         AllSeparatorsAre(form, ".") &&
         std::all_of(form.groups.begin() + 1, form.groups.end(), [](size_t n) { return n == 3; });
}

/// 3-3-4, perhaps after a country code of one digit.
bool IsNorthAmerican(const Form& form) {
  const std::vector<size_t>& groups = form.groups;
  const size_t n = groups.size();
  return (n == 3 || (n == 4 && groups[0] == 1)) && groups[n - 3] == 3 && groups[n - 2] == 3 &&
         groups[n - 1] == 4;
}

/// Three and more groups of 2-4 digits with dashes or dots.
bool IsPunctuated(const Form& form) {
  return form.groups.size() >= 3 && form.digits >= 8 && form.digits <= 11 &&
         AllSeparatorsAre(form, "-.") && form.groups[0] <= 3 &&
         std::all_of(form.groups.begin() + 1, form.groups.end(),
                     [](size_t n) { return n >= 2 && n <= 4; });
}

bool IsUnmistakable(const Form& form) {
  if (form.has_plus) return form.digits >= 8;
  if (form.has_extension) return form.digits >= 7;
  if (!form.grouped()) return false;
  if (form.starts_with_two_zeros) return form.digits >= 10;
  if (form.has_area_in_parentheses) return form.digits >= 7 && form.groups[0] <= 4;
  if (form.starts_with_zero) {
    return form.digits >= 9 && form.digits <= 11 && form.groups[0] <= 5;
  }
  return IsNorthAmerican(form) || IsPunctuated(form);
}

/// Whether the candidate is part of something longer: A-123-456, 12:30:45, 1 234,50.
bool IsPartOfMore(absl::string_view text, Span candidate) {
  const size_t begin = candidate.begin;
  const size_t end = candidate.end;
  if (begin >= 2) {
    const char before = text[begin - 2];
    if (absl::ascii_isalpha(before) && IsOneOf(text[begin - 1], "-_/=&")) return true;
    if (absl::ascii_isdigit(before) && IsOneOf(text[begin - 1], "-_/=&.:,")) return true;
  }
  return end + 1 < text.size() && absl::ascii_isdigit(text[end + 1]) &&
         IsOneOf(text[end], "-_/=&.:,");
}

constexpr size_t kWindow = 48;

absl::string_view Before(absl::string_view text, size_t begin) {
  const size_t from = begin > kWindow ? begin - kWindow : 0;
  return text.substr(from, begin - from);
}

constexpr char kCueBefore[] =
    R"re((?i)(?:^|[^a-z])(?:phone|telephone|tel|telefon|telefoon|telefono|tel\xc3\xa9fono|)re"
    R"re(t\xc3\xa9l\xc3\xa9phone|mobile|mobil|handy|cell|cellphone|fax|call|ring|dial|sms|whatsapp|)re"
    R"re(text (?:me|us)|answering|reach (?:me|us|him|her|them))re"
    R"re()(?:[\s:.=,(-]|number|no\.|nr\.|me\b|us\b|him\b|her\b|them\b|back\b|at\b|on\b|is\b|under\b)*$)re";
constexpr char kCueAfter[] =
    R"re((?i)^[\s,(-]{1,3}(?:office|fax|mobile|cell|phone|home|work|tel)(?:[^a-z]|$))re";
constexpr char kOtherBefore[] =
    R"re((?i)(?:(?:^|[^a-z])(?:order|invoice|ticket|ref|reference|case|booking|tracking|account|)re"
    R"re(serial|part|item|sku|id|po|rma|policy|claim|confirmation|transaction|customer|contract|)re"
    R"re(parcel|shipment|flight|iban|isbn|version)(?:[\s:.#=-]|number|num\b|no\b|nr\b|id\b|code|)re"
    R"re(is\b|was\b)*|#\s?)$)re";

}  // namespace

PhoneDetector::PhoneDetector()
    : cue_before_(kCueBefore, ByteOptions()),
      cue_after_(kCueAfter, ByteOptions()),
      other_before_(kOtherBefore, ByteOptions()) {}

absl::string_view PhoneDetector::CandidatePattern() {
  return R"re((?:\+ ?)?\(?[0-9]+(?:(?:[ ./-]\(?|\)[ ./-]?|\()[0-9]+)*)re"
         R"re((?i:(?: ?x| ?ext\.?) ?[0-9]{1,6})?)re";
}

bool PhoneDetector::IsPhone(absl::string_view text, Span* candidate) const {
  if (candidate->end - candidate->begin < kMinDigits) return false;
  const Form form = FormOf(text.substr(candidate->begin, candidate->end - candidate->begin));
  if (text[candidate->begin] == '(' && !form.has_area_in_parentheses) ++candidate->begin;
  if (form.digits < kMinDigits || form.digits > kMaxDigits) return false;
  if (!StandsAlone(text, *candidate) || IsPartOfMore(text, *candidate)) return false;
  if (IsDate(form) || IsAmount(form)) return false;
  if (!form.has_plus && NamesSomethingElse(text, *candidate)) return false;
  return IsUnmistakable(form) || HasCue(text, *candidate);
}

bool PhoneDetector::HasCue(absl::string_view text, Span candidate) const {
  return RE2::PartialMatch(Piece(Before(text, candidate.begin)), cue_before_) ||
         RE2::PartialMatch(Piece(text.substr(candidate.end, kWindow)), cue_after_);
}

bool PhoneDetector::NamesSomethingElse(absl::string_view text, Span candidate) const {
  return RE2::PartialMatch(Piece(Before(text, candidate.begin)), other_before_);
}

}  // namespace waymark::text
