#include "libs/text/words.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

namespace waymark::text {
namespace {

// A lower-case letter or digit for each ASCII character that is part of a word, else 0.
constexpr std::array<char, 128> MakeFolded() {
  std::array<char, 128> folded = {};
  for (int c = '0'; c <= '9'; ++c) folded[c] = static_cast<char>(c);
  for (int c = 'a'; c <= 'z'; ++c) folded[c] = static_cast<char>(c);
  for (int c = 'A'; c <= 'Z'; ++c) folded[c] = static_cast<char>(c - 'A' + 'a');
  return folded;
}
constexpr std::array<char, 128> kFolded = MakeFolded();

// Appends characters to words: the first after a gap begins one.
class WordBuilder {
 public:
  explicit WordBuilder(std::string* out) : out_(out) {}

  void Add(const char* bytes, size_t size) {
    if (gap_ && !out_->empty()) out_->push_back(' ');
    if (gap_) word_ = 0;
    gap_ = false;
    if (word_ + size > kMaxWordBytes) return;
    word_ += size;
    out_->append(bytes, size);
  }
  void Break() { gap_ = true; }

 private:
  std::string* const out_;
  bool gap_ = true;
  size_t word_ = 0;
};

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

void AppendAscii(absl::string_view text, WordBuilder* words) {
  for (const char c : text) {
    const char folded = kFolded[static_cast<unsigned char>(c)];
    if (folded == 0) {
      words->Break();
    } else {
      words->Add(&folded, 1);
    }
  }
}

// These scripts put no spaces between words.
bool StandsAlone(UChar32 c) {
  return u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) || (c >= 0x3040 && c <= 0x30FF);
}

void AppendUnicode(absl::string_view text, WordBuilder* words) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  const icu::Normalizer2* decompose = icu::Normalizer2::getNFDInstance(error);
  icu::UnicodeString folded = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  folded = decompose->normalize(fold->normalize(folded, error), error);
  if (U_FAILURE(error)) return;
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    if (u_charType(c) == U_NON_SPACING_MARK) continue;
    if (!u_isalnum(c)) {
      words->Break();
      continue;
    }
    char bytes[U8_MAX_LENGTH];
    int32_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, c);
    if (StandsAlone(c)) words->Break();
    words->Add(bytes, size);
    if (StandsAlone(c)) words->Break();
  }
}

}  // namespace

void AppendWords(absl::string_view text, std::string* words) {
  WordBuilder builder(words);
  if (IsAscii(text)) {
    AppendAscii(text, &builder);
  } else {
    AppendUnicode(text, &builder);
  }
}

}  // namespace waymark::text
