#include "libs/text/pii.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace waymark::text {
namespace {

constexpr size_t kMinCardDigits = 12;
constexpr size_t kMaxPhoneDigits = 15;

absl::string_view Slice(absl::string_view text, Span span) {
  return text.substr(span.begin, span.end - span.begin);
}

bool PassesLuhn(absl::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = *digit - '0';
    sum += twice ? value * 2 - (value > 4 ? 9 : 0) : value;
  }
  return sum % 10 == 0;
}

/// Ranges of leading digits, and the lengths that go with them.
struct Issuer {
  const char* first;
  const char* last;
  size_t min_digits;
  size_t max_digits;
};

constexpr Issuer kIssuers[] = {
    {"4", "4", 13, 19},        // Visa
    {"51", "55", 16, 16},      // Mastercard
    {"2221", "2720", 16, 16},  // Mastercard
    {"34", "34", 15, 15},      // American Express
    {"37", "37", 15, 15},      // American Express
    {"300", "305", 14, 14},    // Diners Club
    {"36", "36", 14, 14},      // Diners Club
    {"38", "39", 14, 14},      // Diners Club
    {"3528", "3589", 16, 16},  // JCB
    {"6011", "6011", 16, 19},  // Discover
    {"644", "659", 16, 19},    // Discover
    {"62", "62", 16, 19},      // UnionPay
    {"50", "50", 12, 19},      // Maestro
    {"56", "58", 12, 19},      // Maestro
    {"63", "63", 12, 19},      // Maestro
    {"67", "67", 12, 19},      // Maestro
};

bool HasIssuer(absl::string_view digits) {
  return std::any_of(std::begin(kIssuers), std::end(kIssuers), [&](const Issuer& issuer) {
    const absl::string_view first = issuer.first;
    const absl::string_view prefix = digits.substr(0, first.size());
    return first <= prefix && prefix <= absl::string_view(issuer.last) &&
           issuer.min_digits <= digits.size() && digits.size() <= issuer.max_digits;
  });
}

/// The runs of digits in `candidate`.
std::vector<Span> DigitGroups(absl::string_view text, Span candidate) {
  std::vector<Span> groups;
  for (size_t i = candidate.begin; i < candidate.end; ++i) {
    if (!absl::ascii_isdigit(text[i])) continue;
    if (groups.empty() || groups.back().end != i) groups.push_back({i, i});
    groups.back().end = i + 1;
  }
  return groups;
}

/// The lengths of IBANs by country, SWIFT IBAN registry, release 99.
constexpr absl::string_view kIbanLengths =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
    "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
    "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24"
    "RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

size_t IbanLength(absl::string_view country) {
  for (size_t i = 0; i < kIbanLengths.size(); i += 4) {
    if (kIbanLengths.substr(i, 2) != country) continue;
    return static_cast<size_t>(kIbanLengths[i + 2] - '0') * 10 + (kIbanLengths[i + 3] - '0');
  }
  return 0;
}

bool PassesMod97(const std::string& iban) {
  int remainder = 0;
  for (size_t i = 0; i < iban.size(); ++i) {
    const char c = iban[(i + 4) % iban.size()];
    remainder = absl::ascii_isdigit(c) ? (remainder * 10 + (c - '0')) % 97
                                       : (remainder * 100 + (c - 'A' + 10)) % 97;
  }
  return remainder == 1;
}

char At(absl::string_view text, size_t i) { return i < text.size() ? text[i] : ' '; }

}  // namespace

bool StandsAlone(absl::string_view text, Span candidate) {
  const bool left = candidate.begin == 0 || !absl::ascii_isalnum(text[candidate.begin - 1]);
  return left && !absl::ascii_isalnum(At(text, candidate.end));
}

bool IsCard(absl::string_view text, Span* candidate) {
  // After a plus comes a phone number, which has up to 15 digits.
  const bool after_plus = candidate->begin > 0 && text[candidate->begin - 1] == '+';
  const size_t min_digits = after_plus ? kMaxPhoneDigits + 1 : kMinCardDigits;
  const std::vector<Span> groups = DigitGroups(text, *candidate);
  std::string digits;
  for (const Span& group : groups) {
    const absl::string_view more = Slice(text, group);
    digits.append(more.data(), more.size());
    const Span span = {candidate->begin, group.end};
    if (digits.size() >= min_digits && HasIssuer(digits) && PassesLuhn(digits) &&
        StandsAlone(text, span)) {
      *candidate = span;
      return true;
    }
  }
  candidate->end = groups.front().end;
  return false;
}

bool IsIban(absl::string_view text, Span* candidate) {
  std::string iban;
  const size_t length = IbanLength(absl::AsciiStrToUpper(text.substr(candidate->begin, 2)));
  size_t i = candidate->begin;
  for (; iban.size() < length; ++i) {
    if (absl::ascii_isalnum(At(text, i))) {
      iban.push_back(absl::ascii_toupper(text[i]));
    } else if (i >= text.size() || text[i] != ' ' || !absl::ascii_isalnum(At(text, i + 1))) {
      return false;
    }
  }
  const Span span = {candidate->begin, i};
  if (length == 0 || !StandsAlone(text, span) || !PassesMod97(iban)) return false;
  *candidate = span;
  return true;
}

bool IsIpv4(absl::string_view text, Span* candidate) {
  const auto continues = [&](size_t dot, size_t digit) {
    return At(text, dot) == '.' && absl::ascii_isdigit(At(text, digit));
  };
  if (!StandsAlone(text, *candidate) || continues(candidate->end, candidate->end + 1)) return false;
  if (candidate->begin >= 2 && continues(candidate->begin - 1, candidate->begin - 2)) return false;
  for (const absl::string_view part : absl::StrSplit(Slice(text, *candidate), '.')) {
    int value = 0;
    if (!absl::SimpleAtoi(part, &value) || value > 255) return false;
    if (part.size() > 1 && part[0] == '0') return false;
  }
  return true;
}

bool IsIpv6(absl::string_view text, Span* candidate) {
  if (!StandsAlone(text, *candidate)) return false;
  const std::string address(Slice(text, *candidate));
  const std::vector<absl::string_view> groups = absl::StrSplit(address, ':', absl::SkipEmpty());
  in6_addr parsed;
  return groups.size() >= 2 && inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

bool IsSsn(absl::string_view text, Span* candidate) {
  if (!StandsAlone(text, *candidate)) return false;
  const absl::string_view ssn = Slice(text, *candidate);
  const absl::string_view area = ssn.substr(0, 3);
  const absl::string_view group = ssn.substr(4, 2);
  const absl::string_view serial = ssn.substr(7, 4);
  return area != "000" && area != "666" && area[0] != '9' && group != "00" && serial != "0000";
}

}  // namespace waymark::text
