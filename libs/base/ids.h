#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace waymark {

/// A new id of 26 characters that sorts by creation time: 48 bits of Unix milliseconds, then 80
/// random bits, in Crockford's base 32, lower case. Thread-safe.
std::string NewId(absl::Time now);

/// 64 random bits from the operating system's generator, for seeds and keys. Thread-safe.
uint64_t RandomBits();

/// Whether `id` is 1-128 characters of [A-Za-z0-9_.~:@-], as a segment of a resource name must be.
bool IsValidId(absl::string_view id);

/// `text` made into a valid id: lower case, runs of other characters become '-'; "x" when nothing
/// remains.
std::string Slug(absl::string_view text);

}  // namespace waymark
