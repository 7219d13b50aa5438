#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace waymark::text {

/// The structured personal data that can be told by its form.
enum class PiiKind { kEmail, kCard, kIban, kSsn, kIp, kPhone };
inline constexpr size_t kPiiKinds = 6;

/// "[EMAIL]", "[CARD]", "[IBAN]", "[SSN]", "[IP]", "[PHONE]".
absl::string_view Placeholder(PiiKind kind);

/// How many of each kind were replaced.
struct RedactionCounts {
  std::array<int64_t, kPiiKinds> by_kind = {};

  int64_t operator[](PiiKind kind) const { return by_kind[static_cast<size_t>(kind)]; }
  int64_t total() const;
};

/// Replaces structured personal data in free text by placeholders: e-mail addresses; payment cards
/// (12-19 digits, a known issuer's prefix, Luhn); IBANs (either case, mod 97, the country's
/// length); IP addresses (v4, v6); US social security numbers (grouped 3-2-4, numbers that can be
/// issued); phone numbers (written with +, 00, grouping, or after a word such as "call"; a bare run
/// of digits such as an order number is left alone). Time is linear in the text. Any bytes are
/// accepted: invalid UTF-8 and NUL are kept as they are. Idempotent: redacting a redacted text
/// changes nothing. Thread-safe; share one instance.
class Redactor {
 public:
  Redactor();
  ~Redactor();
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  /// Redacts *text in place, adding to *counts unless it is nullptr. False: nothing was found and
  /// *text is untouched.
  bool Redact(std::string* text, RedactionCounts* counts = nullptr) const;

 private:
  struct Patterns;
  std::unique_ptr<const Patterns> patterns_;
};

}  // namespace waymark::text
