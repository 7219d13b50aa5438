#include "services/feedback/search.h"

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/status_macros.h"
#include "libs/text/words.h"

namespace waymark::feedback {
namespace {

absl::Status Invalid(size_t at, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("at byte ", at + 1, ": ", what));
}

std::vector<std::string> WordsOf(absl::string_view text) {
  std::string words;
  text::AppendWords(text, &words);
  if (words.empty()) return {};
  return absl::StrSplit(words, ' ');
}

}  // namespace

class SearchParser {
 public:
  explicit SearchParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<Search> Parse() {
    SkipSpaces();
    while (at_ < text_.size()) WM_RETURN_IF_ERROR(AddTerm());
    if (or_pending_) return Invalid(at_, "OR needs a word after it");
    const auto wanted = [](const Search::Clause& clause) { return !clause.excluded; };
    if (std::none_of(search_.clauses_.begin(), search_.clauses_.end(), wanted)) {
      return Invalid(0, "give at least one word that the text must hold");
    }
    return std::move(search_);
  }

 private:
  absl::Status AddTerm() {
    const size_t begin = at_;
    const bool excluded = text_[at_] == '-' && at_ + 1 < text_.size() &&
                          !absl::ascii_isspace(static_cast<unsigned char>(text_[at_ + 1]));
    if (excluded) ++at_;
    const bool quoted = text_[at_] == '"';
    WM_ASSIGN_OR_RETURN(const absl::string_view raw, quoted ? Quoted() : Unquoted());
    if (!quoted && !excluded && raw == "OR") {
      if (search_.clauses_.empty() || search_.clauses_.back().excluded || or_pending_) {
        return Invalid(begin, "OR needs a word before it");
      }
      or_pending_ = true;
      SkipSpaces();
      return absl::OkStatus();
    }
    Search::Phrase phrase = {.words = WordsOf(raw), .prefix = IsNext('*')};
    if (phrase.prefix) ++at_;
    if (!quoted && !raw.empty() && raw.back() == '*') phrase.prefix = true;
    SkipSpaces();
    // Punctuation by itself says nothing.
    if (phrase.words.empty()) return absl::OkStatus();
    if (++phrases_ > Search::kMaxPhrases) {
      return Invalid(begin, absl::StrCat("more than ", Search::kMaxPhrases, " words or phrases"));
    }
    if (or_pending_ && excluded) return Invalid(begin, "OR cannot be followed by -");
    if (or_pending_) {
      search_.clauses_.back().phrases.push_back(std::move(phrase));
    } else {
      search_.clauses_.push_back({.phrases = {std::move(phrase)}, .excluded = excluded});
    }
    or_pending_ = false;
    return absl::OkStatus();
  }

  absl::StatusOr<absl::string_view> Quoted() {
    const size_t begin = ++at_;
    const size_t end = text_.find('"', begin);
    if (end == absl::string_view::npos) return Invalid(begin - 1, "the quote is not closed");
    at_ = end + 1;
    return text_.substr(begin, end - begin);
  }

  absl::StatusOr<absl::string_view> Unquoted() {
    const size_t begin = at_;
    while (at_ < text_.size() && !IsSpace(text_[at_]) && text_[at_] != '"') ++at_;
    return text_.substr(begin, at_ - begin);
  }

  static bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
  bool IsNext(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void SkipSpaces() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  const absl::string_view text_;
  size_t at_ = 0;
  size_t phrases_ = 0;
  bool or_pending_ = false;
  Search search_;
};

absl::StatusOr<Search> Search::Parse(absl::string_view text) { return SearchParser(text).Parse(); }

// Words hold letters and digits only, so quotes are enough.
std::string Search::ToFts5() const {
  const auto phrase = [](std::string* out, const Phrase& one) {
    absl::StrAppend(out, "\"", absl::StrJoin(one.words, " "), "\"", one.prefix ? " *" : "");
  };
  std::string wanted, excluded;
  for (const Clause& clause : clauses_) {
    const std::string any = absl::StrCat("(", absl::StrJoin(clause.phrases, " OR ", phrase), ")");
    if (clause.excluded) {
      absl::StrAppend(&excluded, " NOT ", any);
    } else {
      absl::StrAppend(&wanted, wanted.empty() ? "" : " AND ", any);
    }
  }
  return absl::StrCat("(", wanted, ")", excluded);
}

std::string Search::ToTsquery() const {
  const auto phrase = [](std::string* out, const Phrase& one) {
    absl::StrAppend(
        out, "(",
        absl::StrJoin(one.words, " <-> ",
                      [](std::string* to, const auto& w) { absl::StrAppend(to, "'", w, "'"); }),
        one.prefix ? ":*)" : ")");
  };
  return absl::StrJoin(clauses_, " & ", [&](std::string* out, const Clause& clause) {
    absl::StrAppend(out, clause.excluded ? "!" : "", "(",
                    absl::StrJoin(clause.phrases, " | ", phrase), ")");
  });
}

}  // namespace waymark::feedback
