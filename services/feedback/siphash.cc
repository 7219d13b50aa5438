#include "services/feedback/siphash.h"

#include <bit>
#include <cstring>

namespace waymark::feedback {
namespace {

static_assert(std::endian::native == std::endian::little);

struct State {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void Compress(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }

  uint64_t Finish() {
    for (int i = 0; i < 4; ++i) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

Hash128 SipHash128(const HashKey& key, absl::string_view data) {
  State state{key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d ^ 0xee,
              key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
  const size_t whole = data.size() / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    uint64_t word;
    std::memcpy(&word, data.data() + i, 8);
    state.Compress(word);
  }
  uint64_t last = 0;
  std::memcpy(&last, data.data() + whole, data.size() - whole);
  state.Compress(last | static_cast<uint64_t>(data.size()) << 56);

  Hash128 hash;
  state.v2 ^= 0xee;
  hash.hi = state.Finish();
  state.v1 ^= 0xdd;
  hash.lo = state.Finish();
  return hash;
}

}  // namespace waymark::feedback
