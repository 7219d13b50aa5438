#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace waymark {

/// A new id of 26 characters that sorts by creation time: 48 bits of Unix milliseconds, then 80
/// random bits, in Crockford's base 32, lower case. Thread-safe.
std::string NewId(absl::Time now);

/// Up to 256 random bytes from the operating system's generator. Thread-safe.
void FillRandom(void* out, size_t bytes);

/// 64 random bits from the operating system's generator, for seeds and keys. Thread-safe.
uint64_t RandomBits();

/// `n` times as much, for the price of one system call.
template <size_t n>
std::array<uint64_t, n> RandomBits() {
  static_assert(n <= 32, "more may fail");
  std::array<uint64_t, n> bits;
  FillRandom(bits.data(), sizeof(bits));
  return bits;
}

/// Whether `id` is 1-128 characters of [A-Za-z0-9_.~:@-], as a segment of a resource name must be.
bool IsValidId(absl::string_view id);

/// `text` made into a valid id: lower case, runs of other characters become '-'; "x" when nothing
/// remains.
std::string Slug(absl::string_view text);

}  // namespace waymark
