#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "absl/strings/string_view.h"

namespace waymark::filter {

/// A view of strings that lie in any container.
class TextList {
 public:
  TextList() = default;

  /// Of anything with size() and [] whose elements convert to absl::string_view: a vector, a
  /// repeated field. It must outlive the view.
  template <typename Container>
  static TextList Of(const Container& items) {
    return TextList(&items, static_cast<size_t>(items.size()), [](const void* in, size_t i) {
      return absl::string_view((*static_cast<const Container*>(in))[i]);
    });
  }

  /// Of whatever `at` makes of `items`, e.g. one field of each of a list of messages.
  TextList(const void* items, size_t size, absl::string_view (*at)(const void* items, size_t i))
      : items_(items), size_(size), at_(at) {}

  size_t size() const { return size_; }
  absl::string_view operator[](size_t i) const { return at_(items_, i); }

 private:
  const void* items_ = nullptr;
  size_t size_ = 0;
  absl::string_view (*at_)(const void*, size_t) = nullptr;
};

/// What a record has in a field; std::monostate: nothing. Times and durations are microseconds, an
/// enum its number.
using Value = std::variant<std::monostate, int64_t, double, bool, absl::string_view, TextList>;

/// What a filter looks at.
class Record {
 public:
  virtual ~Record() = default;

  /// The value of the schema's field `field`; of a kMap that of its key `member` (else ""). A list
  /// with no element is absent. The value must live until the next call.
  virtual Value Get(int field, absl::string_view member) const = 0;
};

}  // namespace waymark::filter
