#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace waymark::filter {

enum class FieldType {
  /// Compared byte by byte; `=` takes wildcards.
  kString,
  kInt,
  kDouble,
  kBool,
  /// Microseconds since 1970.
  kTimestamp,
  /// Microseconds.
  kDuration,
  /// One of named numbers.
  kEnum,
  /// Asked with `:` whether an element is there.
  kStringList,
  /// Scalars by key: `attributes.segment`. A literal that is a number is compared with values that
  /// read as numbers, true and false with what reads as them, every other literal, and one in
  /// quotes, as text.
  kMap,
};

struct EnumValue {
  std::string name;
  int64_t number = 0;
};

struct Field {
  /// Letters, digits and '_'; dots within are fine.
  std::string name;
  FieldType type = FieldType::kString;
  /// Of kEnum.
  std::vector<EnumValue> values = {};
};

/// The fields that filters may name. A field's index is its place in the list. Thread-safe.
class Schema {
 public:
  /// `bare_hint` is a sentence that ends the error about a value that is compared with no field,
  /// e.g. "To look for words in texts use `search`."
  explicit Schema(std::vector<Field> fields, std::string bare_hint = "");

  std::optional<int> Find(absl::string_view name) const;
  const Field& field(int index) const { return fields_[index]; }
  const std::vector<Field>& fields() const { return fields_; }
  const std::string& bare_hint() const { return bare_hint_; }

 private:
  const std::vector<Field> fields_;
  const std::string bare_hint_;
};

}  // namespace waymark::filter
