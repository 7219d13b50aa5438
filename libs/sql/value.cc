#include "libs/sql/value.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ostream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/log.h"

namespace waymark::sql {
namespace {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF; and no NUL, which PostgreSQL
// cannot store. Returns the length of the character at `text`, 0 when it is none.
size_t CharacterLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  if (first < 0xE0) return follows(1, 0x80, 0xBF) ? 2 : 0;
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (!follows(1, low, high) || !follows(2, 0x80, 0xBF)) return 0;
  if (first < 0xF0) return 3;
  return follows(3, 0x80, 0xBF) ? 4 : 0;
}

// How many of the first characters are ASCII and not NUL, in steps of eight.
size_t PlainPrefix(absl::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  constexpr uint64_t kOnes = 0x0101010101010101;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t eight;
    std::memcpy(&eight, text.data() + at, sizeof(eight));
    if ((eight & kHighBits) != 0 || ((eight - kOnes) & kHighBits) != 0) break;
  }
  return at;
}

absl::Status ValidateText(absl::string_view text) {
  for (size_t i = PlainPrefix(text); i < text.size();) {
    const size_t length = CharacterLength(text.substr(i));
    if (length == 0) {
      return absl::InvalidArgumentError(absl::StrCat("text with a NUL or invalid UTF-8 at byte ", i,
                                                     " cannot be stored; store it as bytes"));
    }
    i += length;
  }
  return absl::OkStatus();
}

const char* TypeName(ValueType type) {
  switch (type) {
    case ValueType::kNull:
      return "NULL";
    case ValueType::kInt:
      return "an integer";
    case ValueType::kDouble:
      return "a double";
    case ValueType::kText:
      return "text";
    case ValueType::kBytes:
      return "bytes";
  }
  return "unknown";
}

[[noreturn]] void Abort(absl::string_view message) {
  LogLine(LogLevel::kError, message);
  std::abort();
}

[[noreturn]] void WrongType(ValueType type, const char* wanted) {
  Abort(absl::StrCat("an SQL value read as ", wanted, " is ", TypeName(type)));
}

}  // namespace

Value Value::Bytes(std::string bytes) {
  Value value;
  value.data_ = Owned{std::move(bytes), ValueType::kBytes};
  return value;
}

Value Value::BorrowedText(absl::string_view text) {
  Value value;
  value.data_ = Borrowed{text, ValueType::kText};
  return value;
}

Value Value::BorrowedBytes(absl::string_view bytes) {
  Value value;
  value.data_ = Borrowed{bytes, ValueType::kBytes};
  return value;
}

int64_t Value::AsInt() const {
  if (const auto* number = std::get_if<int64_t>(&data_)) return *number;
  if (const auto* number = std::get_if<double>(&data_)) return static_cast<int64_t>(*number);
  if (!is_null()) WrongType(type(), "an integer");
  return 0;
}

double Value::AsDouble() const {
  if (const auto* number = std::get_if<double>(&data_)) return *number;
  if (const auto* number = std::get_if<int64_t>(&data_)) return static_cast<double>(*number);
  if (!is_null()) WrongType(type(), "a double");
  return 0;
}

absl::string_view Value::AsString() const {
  if (const auto* owned = std::get_if<Owned>(&data_)) return owned->data;
  if (const auto* borrowed = std::get_if<Borrowed>(&data_)) return borrowed->data;
  if (!is_null()) WrongType(type(), "text or bytes");
  return "";
}

absl::Status Value::Validate() const {
  if (type() == ValueType::kText) return ValidateText(AsString());
  if (type() == ValueType::kDouble && std::isnan(AsDouble())) {
    return absl::InvalidArgumentError("a double that is not a number cannot be stored; use NULL");
  }
  return absl::OkStatus();
}

bool operator==(const Value& a, const Value& b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case ValueType::kNull:
      return true;
    case ValueType::kInt:
      return a.AsInt() == b.AsInt();
    case ValueType::kDouble:
      return a.AsDouble() == b.AsDouble();
    default:
      return a.AsString() == b.AsString();
  }
}

std::ostream& operator<<(std::ostream& out, const Value& value) {
  switch (value.type()) {
    case ValueType::kNull:
      return out << "NULL";
    case ValueType::kInt:
      return out << value.AsInt();
    case ValueType::kDouble:
      return out << value.AsDouble();
    case ValueType::kText:
      return out << '\'' << absl::CEscape(std::string(value.AsString())) << '\'';
    case ValueType::kBytes:
      return out << "x'" << absl::BytesToHexString(value.AsString()) << '\'';
  }
  return out;
}

const Value& Row::operator[](size_t column) const {
  if (column >= size_) Abort(absl::StrCat("column ", column, " of a row of ", size_, " columns"));
  return cells_[column];
}

}  // namespace waymark::sql
