#include "libs/base/ids.h"

#include <unistd.h>

#include "absl/strings/ascii.h"

namespace waymark {
namespace {

constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kMaxIdLength = 128;

}  // namespace

void FillRandom(void* out, size_t bytes) {
  // Cannot fail for so few bytes; std::random_device may open a file with each use.
  [[maybe_unused]] const int result = getentropy(out, bytes);
}

uint64_t RandomBits() { return RandomBits<1>()[0]; }

std::string NewId(absl::Time now) {
  // No generator of its own for each thread: those of servers come and go.
  const std::array<uint64_t, 2> random = RandomBits<2>();
  uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  std::string id(26, '0');
  for (int i = 9; i >= 0; --i, millis >>= 5) id[i] = kAlphabet[millis & 31];
  uint64_t bits = 0;
  for (int i = 10; i < 26; ++i) {
    if ((i - 10) % 8 == 0) bits = random[(i - 10) / 8];
    id[i] = kAlphabet[bits & 31];
    bits >>= 5;
  }
  return id;
}

bool IsValidId(absl::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength) return false;
  for (char c : id) {
    if (!absl::ascii_isalnum(c) &&
        absl::string_view("._~:@-_").find(c) == absl::string_view::npos) {
      return false;
    }
  }
  return true;
}

std::string Slug(absl::string_view text) {
  std::string slug;
  for (char c : text) {
    if (absl::ascii_isalnum(c)) {
      slug.push_back(absl::ascii_tolower(c));
    } else if (!slug.empty() && slug.back() != '-') {
      slug.push_back('-');
    }
    if (slug.size() == kMaxIdLength) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.empty() ? "x" : slug;
}

}  // namespace waymark
