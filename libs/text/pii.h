#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace waymark::text {

/// A stretch of a text, by byte. Thread-safe, as everything in this header: pure functions.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

/// Each function looks at a `candidate` that a pattern has found in `text`. True: there is data of
/// that kind, and *candidate is set to it. False: there is none, and the search goes on at
/// candidate->end.

/// A payment card: 12-19 digits with an issuer's prefix and that issuer's length, valid by Luhn
/// (ISO/IEC 7812-1), from the candidate's first digit to the end of one of its groups of digits.
/// The candidate has at most 19 digits; a rejected one ends after its first group, so that a card
/// behind another number is found next.
bool IsCard(absl::string_view text, Span* candidate);

/// An IBAN: the candidate starts with country and check digits, the rest is read from `text`; the
/// country's length (SWIFT IBAN registry), remainder 1 modulo 97 (ISO 13616), in either case.
bool IsIban(absl::string_view text, Span* candidate);

/// Four numbers up to 255 without leading zeros, not part of a longer dotted number.
bool IsIpv4(absl::string_view text, Span* candidate);

/// An address that inet_pton accepts, with at least two groups.
bool IsIpv6(absl::string_view text, Span* candidate);

/// ddd-dd-dddd with an area, group and serial that the US administration issues.
bool IsSsn(absl::string_view text, Span* candidate);

/// Whether the byte next to the candidate on each side is neither a letter nor a digit.
bool StandsAlone(absl::string_view text, Span candidate);

}  // namespace waymark::text
