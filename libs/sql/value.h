#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace waymark::sql {

enum class ValueType { kNull, kInt, kDouble, kText, kBytes };

/// One parameter or one cell: NULL, a 64-bit integer, a double, UTF-8 text or bytes.
///
/// Text holds neither NUL nor invalid UTF-8 and a double is not NaN; a statement with such a
/// parameter fails with INVALID_ARGUMENT on both databases. A boolean is the integer 0 or 1.
/// Not thread-safe; copies are independent.
class Value {
 public:
  Value() = default;
  // Parameters are lists of these: what converts is written as it is.
  // NOLINTBEGIN(google-explicit-constructor)
  Value(std::nullptr_t) {}
  template <typename T, typename = std::enable_if_t<std::is_integral_v<T>>>
  Value(T value) : data_(static_cast<int64_t>(value)) {}
  Value(double value) : data_(value) {}
  Value(std::string text) : data_(Owned{std::move(text), ValueType::kText}) {}
  Value(absl::string_view text) : Value(std::string(text)) {}
  Value(const char* text) : Value(std::string(text)) {}
  // NOLINTEND(google-explicit-constructor)

  static Value Bytes(std::string bytes);
  static Value Bytes(absl::string_view bytes) { return Bytes(std::string(bytes)); }
  static Value Bytes(const char*) = delete;  // stops at the first NUL: pass a string

  /// As Value(text) and Bytes(bytes) without a copy: the characters must outlive the value. For
  /// parameters of hot paths only.
  static Value BorrowedText(absl::string_view text);
  static Value BorrowedBytes(absl::string_view bytes);

  ValueType type() const {
    if (const auto* owned = std::get_if<Owned>(&data_)) return owned->type;
    if (const auto* borrowed = std::get_if<Borrowed>(&data_)) return borrowed->type;
    return data_.index() == 0   ? ValueType::kNull
           : data_.index() == 1 ? ValueType::kInt
                                : ValueType::kDouble;
  }
  bool is_null() const { return data_.index() == 0; }

  /// The number, converted between integer and double; NULL reads as 0. A text or bytes value ends
  /// the process: the caller's statement and its reading of it contradict each other.
  int64_t AsInt() const;
  double AsDouble() const;
  /// The characters of text or bytes; NULL reads as "". A number ends the process. The view lives
  /// as long as the value.
  absl::string_view AsString() const;

  /// INVALID_ARGUMENT when the value breaks the rules above.
  absl::Status Validate() const;

  friend bool operator==(const Value& a, const Value& b);

 private:
  struct Owned {
    std::string data;
    ValueType type;
  };
  struct Borrowed {
    absl::string_view data;
    ValueType type;
  };
  std::variant<std::monostate, int64_t, double, Owned, Borrowed> data_;
};

/// For gtest's messages.
std::ostream& operator<<(std::ostream& out, const Value& value);

/// One row of a Result. A view: it must not outlive the result. Columns count from 0; a column that
/// the statement did not select, or one of another kind (see Value), ends the process.
class Row {
 public:
  Row(const Value* cells, size_t size) : cells_(cells), size_(size) {}

  size_t size() const { return size_; }
  const Value& operator[](size_t column) const;

  bool IsNull(size_t column) const { return (*this)[column].is_null(); }
  int64_t Int(size_t column) const { return (*this)[column].AsInt(); }
  bool Bool(size_t column) const { return Int(column) != 0; }
  double Double(size_t column) const { return (*this)[column].AsDouble(); }
  std::string Text(size_t column) const { return std::string((*this)[column].AsString()); }
  std::string Bytes(size_t column) const { return Text(column); }
  /// Text or bytes without a copy.
  absl::string_view View(size_t column) const { return (*this)[column].AsString(); }

 private:
  const Value* cells_;
  size_t size_;
};

/// What a statement returned: `for (sql::Row row : result) ...`.
class Result {
 public:
  class Iterator {
   public:
    Iterator(const Result* result, size_t row) : result_(result), row_(row) {}
    Row operator*() const { return (*result_)[row_]; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return row_ != other.row_; }

   private:
    const Result* result_;
    size_t row_;
  };

  Result() = default;
  /// `cells` row by row, `columns` each; `columns` is 0 for a statement that returns no rows.
  Result(std::vector<Value> cells, size_t columns, int64_t rows_affected)
      : cells_(std::move(cells)), columns_(columns), rows_affected_(rows_affected) {}

  size_t size() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  bool empty() const { return size() == 0; }
  size_t columns() const { return columns_; }
  Row operator[](size_t row) const { return Row(cells_.data() + row * columns_, columns_); }
  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, size()); }

  /// Rows inserted, updated or deleted; 0 for a SELECT.
  int64_t rows_affected() const { return rows_affected_; }

 private:
  std::vector<Value> cells_;
  size_t columns_ = 0;
  int64_t rows_affected_ = 0;
};

}  // namespace waymark::sql
