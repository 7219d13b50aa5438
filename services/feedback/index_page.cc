#include "services/feedback/index_page.h"

#include <algorithm>

#include "libs/base/status_macros.h"
#include "libs/text/words.h"
#include "services/feedback/block.h"
#include "services/feedback/errors.h"
#include "services/feedback/free_text.h"

namespace waymark::feedback {

int64_t IndexHash(const HashKey& key, absl::string_view text) {
  return text.empty() ? 0 : static_cast<int64_t>(SipHash128(key, text).lo);
}

int64_t ConversationHash(const HashKey& key, absl::string_view source,
                         absl::string_view conversation) {
  return IndexHash(key, absl::StrCat(source, absl::string_view("\0", 1), conversation));
}

int64_t EventMicros(const v1::Signal& signal) {
  return signal.event_time().seconds() * 1'000'000 + signal.event_time().nanos() / 1000;
}

namespace {

// Where the first `count` words end.
size_t EndOfWords(absl::string_view words, int count) {
  size_t end = words.find(' ');
  while (--count > 0 && end != absl::string_view::npos) end = words.find(' ', end + 1);
  return std::min(end, words.size());
}

}  // namespace

absl::Status IndexPage::Add(const Block& block, const Position& after) {
  absl::Status status;
  WM_RETURN_IF_ERROR(ReadEntries(
      block.keys, block.payload, [&](const EntryHeader& header, absl::string_view payload) {
        const Position position = {block.tx, block.seq, header.index};
        if (position <= after) return true;
        end_ = position;
        ++entries_;
        if (!HoldsSignal(header.kind) && header.kind != EntryKind::kRemoved) return true;
        if (header.previous.has_value()) superseded_.push_back(*header.previous);
        if (header.kind == EntryKind::kDeleted || header.kind == EntryKind::kRemoved) return true;
        if (!signal_.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
          status = JournalDamaged("a signal");
          return false;
        }
        if (!erasures_.Covers(block.tenant, signal_.customer())) AddSignal(block, position);
        return true;
      }));
  return status;
}

void IndexPage::AddSignal(const Block& block, const Position& position) {
  IndexedSignal& row = signals_.emplace_back();
  row.tenant = Intern(block.tenant);
  row.source = Intern(signal_.source());
  row.words = Words();
  row.number = next_number_++;
  row.event_time = EventMicros(signal_);
  row.sequence = signal_.sequence();
  row.customer = IndexHash(key_, signal_.customer());
  row.account = IndexHash(key_, signal_.account());
  if (signal_.has_chat_message()) {
    row.conversation =
        ConversationHash(key_, signal_.source(), signal_.chat_message().conversation());
  }
  row.position = position;
  row.kind = SourceKindOf(signal_);
  learner_.Observe(block.tenant, signal_, absl::ToUnixMicros(block.record_time));
}

absl::string_view IndexPage::Intern(absl::string_view text) {
  const auto known = names_.find(text);
  return known != names_.end() ? *known : *names_.insert(std::string(text)).first;
}

absl::string_view IndexPage::Words() {
  scratch_.clear();
  for (const std::string* text : FreeTexts(&signal_)) text::AppendWords(*text, &scratch_);
  if (scratch_.empty()) return {};
  // A word has two bytes at least with its space: only long texts need to be counted.
  if (scratch_.size() > size_t{2} * kMaxWords) scratch_.resize(EndOfWords(scratch_, kMaxWords));
  return words_.emplace_back(scratch_);
}

}  // namespace waymark::feedback
