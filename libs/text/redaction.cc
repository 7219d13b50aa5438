#include "libs/text/redaction.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/text/phone.h"
#include "libs/text/pii.h"
#include "libs/text/re2_text.h"

namespace waymark::text {
namespace {

/// An IPv4 address has at least so many, every other number more.
constexpr size_t kMinNumberDigits = 4;

/// What a text holds, counted byte by byte: enough to tell that most have no personal data.
struct ByteCounts {
  uint64_t digits = 0;
  uint64_t ats = 0;
  uint64_t colons = 0;
  uint64_t dots = 0;
  /// The most digits in a row with nothing but separators of numbers in between.
  size_t longest_number = 0;
};

/// One addition a byte: four counters of 16 bits in a word.
constexpr size_t kCounterLimit = 65535;

constexpr std::array<uint64_t, 256> MakeWeights() {
  std::array<uint64_t, 256> weights = {};
  for (int digit = '0'; digit <= '9'; ++digit) weights[digit] = 1;
  weights['@'] = uint64_t{1} << 16;
  weights[':'] = uint64_t{1} << 32;
  weights['.'] = uint64_t{1} << 48;
  return weights;
}

void CountBlock(absl::string_view block, ByteCounts* counts) {
  static constexpr std::array<uint64_t, 256> kWeights = MakeWeights();
  uint64_t sum = 0;
  for (const char c : block) sum += kWeights[static_cast<unsigned char>(c)];
  counts->digits += sum & 0xffff;
  counts->ats += sum >> 16 & 0xffff;
  counts->colons += sum >> 32 & 0xffff;
  counts->dots += sum >> 48;
}

size_t LongestNumber(absl::string_view text) {
  size_t longest = 0;
  size_t digits = 0;
  for (const char c : text) {
    if (absl::ascii_isdigit(c)) {
      longest = std::max(longest, ++digits);
    } else if (absl::ascii_isalpha(c) || absl::ascii_iscntrl(c)) {
      digits = 0;
    }
  }
  return longest;
}

ByteCounts CountBytes(absl::string_view text) {
  ByteCounts counts;
  for (size_t i = 0; i < text.size(); i += kCounterLimit) {
    CountBlock(text.substr(i, kCounterLimit), &counts);
  }
  if (counts.digits >= kMinNumberDigits) counts.longest_number = LongestNumber(text);
  return counts;
}

/// One kind of data: candidates by pattern, then a closer look.
struct Pass {
  Pass(PiiKind kind, absl::string_view pattern, bool (*possible)(const ByteCounts&),
       std::function<bool(absl::string_view, Span*)> check)
      : kind(kind),
        pattern(Piece(pattern), ByteOptions()),
        possible(possible),
        check(std::move(check)) {}

  PiiKind kind;
  RE2 pattern;
  /// Whether a text with these bytes can hold any.
  bool (*possible)(const ByteCounts& bytes);
  /// As the functions of pii.h.
  std::function<bool(absl::string_view text, Span* candidate)> check;
};

bool Replace(const Pass& pass, std::string* text, RedactionCounts* counts) {
  std::string redacted;
  size_t copied = 0;
  size_t position = 0;
  re2::StringPiece match;
  while (pass.pattern.Match(*text, position, text->size(), RE2::UNANCHORED, &match, 1)) {
    const size_t begin = static_cast<size_t>(match.data() - text->data());
    Span span = {begin, begin + match.size()};
    if (pass.check(*text, &span)) {
      absl::StrAppend(&redacted, absl::string_view(*text).substr(copied, span.begin - copied),
                      Placeholder(pass.kind));
      copied = span.end;
      if (counts != nullptr) ++counts->by_kind[static_cast<size_t>(pass.kind)];
    }
    position = span.end;
  }
  if (copied == 0) return false;
  absl::StrAppend(&redacted, absl::string_view(*text).substr(copied));
  *text = std::move(redacted);
  return true;
}

/// Letters of two bytes (Latin, Greek, Cyrillic) count; others would swallow text without spaces.
constexpr char kEmailPattern[] =
    R"re((?:\w|[\xc3-\xd4][\x80-\xbf])(?:[\w.%+'-]|[\xc3-\xd4][\x80-\xbf])*)re"
    R"re(@(?:(?:[a-zA-Z0-9-]|[\xc3-\xd4][\x80-\xbf])+\.)+[a-zA-Z]{2,})re";
constexpr char kIpv6Pattern[] =
    R"re((?:[0-9a-fA-F]{0,4}:){2,7}(?:[0-9a-fA-F]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?)re";
constexpr char kIbanPattern[] = R"re(\b[a-zA-Z]{2}[0-9]{2})re";
constexpr char kCardPattern[] = R"re(\b[2-6](?:[ -]?[0-9]){11,18})re";
constexpr char kIpv4Pattern[] = R"re((?:[0-9]{1,3}\.){3}[0-9]{1,3})re";
constexpr char kSsnPattern[] = R"re([0-9]{3}-[0-9]{2}-[0-9]{4})re";

}  // namespace

absl::string_view Placeholder(PiiKind kind) {
  switch (kind) {
    case PiiKind::kEmail:
      return "[EMAIL]";
    case PiiKind::kCard:
      return "[CARD]";
    case PiiKind::kIban:
      return "[IBAN]";
    case PiiKind::kSsn:
      return "[SSN]";
    case PiiKind::kIp:
      return "[IP]";
    case PiiKind::kPhone:
      return "[PHONE]";
  }
  return "";
}

int64_t RedactionCounts::total() const {
  return std::accumulate(by_kind.begin(), by_kind.end(), int64_t{0});
}

struct Redactor::Patterns {
  Patterns() {
    passes.emplace_back(
        PiiKind::kEmail, kEmailPattern, [](const ByteCounts& bytes) { return bytes.ats > 0; },
        [](absl::string_view, Span*) { return true; });
    passes.emplace_back(
        PiiKind::kIp, kIpv6Pattern, [](const ByteCounts& bytes) { return bytes.colons >= 2; },
        IsIpv6);
    passes.emplace_back(
        PiiKind::kIban, kIbanPattern, [](const ByteCounts& bytes) { return bytes.digits >= 6; },
        IsIban);
    passes.emplace_back(
        PiiKind::kCard, kCardPattern,
        [](const ByteCounts& bytes) { return bytes.longest_number >= 12; }, IsCard);
    passes.emplace_back(
        PiiKind::kIp, kIpv4Pattern,
        [](const ByteCounts& bytes) {
          return bytes.dots >= 3 && bytes.longest_number >= kMinNumberDigits;
        },
        IsIpv4);
    passes.emplace_back(
        PiiKind::kSsn, kSsnPattern,
        [](const ByteCounts& bytes) { return bytes.longest_number >= 9; }, IsSsn);
    passes.emplace_back(
        PiiKind::kPhone, PhoneDetector::CandidatePattern(),
        [](const ByteCounts& bytes) { return bytes.longest_number >= 6; },
        [this](absl::string_view text, Span* span) { return phones.IsPhone(text, span); });
  }

  PhoneDetector phones;
  /// In the order in which they are taken: the more certain kinds first.
  std::deque<Pass> passes;
};

Redactor::Redactor() : patterns_(std::make_unique<const Patterns>()) {}
Redactor::~Redactor() = default;

bool Redactor::Redact(std::string* text, RedactionCounts* counts) const {
  bool changed = false;
  // What is taken may uncover what it was written next to, so once more until nothing is found.
  for (bool again = true; again;) {
    again = false;
    const ByteCounts bytes = CountBytes(*text);
    for (const Pass& pass : patterns_->passes) {
      if (pass.possible(bytes)) again |= Replace(pass, text, counts);
    }
    changed |= again;
  }
  return changed;
}

}  // namespace waymark::text
