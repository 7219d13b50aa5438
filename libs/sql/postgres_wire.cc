#include "libs/sql/postgres_wire.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"

namespace waymark::sql {
namespace {

constexpr TypeOid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25,
                  kOid = 26, kFloat4 = 700, kFloat8 = 701, kNumeric = 1700, kXid8 = 5069;
constexpr TypeOid kInt8Array = 1016, kFloat8Array = 1022, kTextArray = 1009, kByteaArray = 1001;

template <typename Unsigned>
void AppendBigEndian(std::string* out, Unsigned value) {
  char bytes[sizeof(Unsigned)];
  for (size_t i = sizeof(Unsigned); i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value);
  out->append(bytes, sizeof(Unsigned));
}

void AppendBinary(std::string* out, const Value& value) {
  switch (value.type()) {
    case ValueType::kInt:
      return AppendBigEndian(out, static_cast<uint64_t>(value.AsInt()));
    case ValueType::kDouble: {
      const double number = value.AsDouble();
      uint64_t bits;
      std::memcpy(&bits, &number, sizeof(bits));
      return AppendBigEndian(out, bits);
    }
    default: {
      const absl::string_view data = value.AsString();
      out->append(data.data(), data.size());
    }
  }
}

// The value with its length before it; NULL is a length of -1.
void AppendField(std::string* out, const Value& value) {
  const size_t length_at = out->size();
  AppendBigEndian(out, ~uint32_t{0});
  if (value.is_null()) return;
  AppendBinary(out, value);
  const uint32_t length = static_cast<uint32_t>(out->size() - length_at - sizeof(uint32_t));
  for (int i = 0; i < 4; ++i) (*out)[length_at + i] = static_cast<char>(length >> (24 - 8 * i));
}

Value DecodeNumber(absl::string_view text) {
  int64_t integer;
  if (absl::SimpleAtoi(text, &integer)) return Value(integer);
  double number;
  if (absl::SimpleAtod(text, &number)) return Value(number);
  return Value(text);
}

}  // namespace

TypeOid OidOf(ValueType type) {
  switch (type) {
    case ValueType::kNull:
      return 0;
    case ValueType::kInt:
      return kInt8;
    case ValueType::kDouble:
      return kFloat8;
    case ValueType::kText:
      return kText;
    case ValueType::kBytes:
      return kBytea;
  }
  return 0;
}

absl::string_view SqlNameOf(ValueType type) {
  switch (type) {
    case ValueType::kNull:
      return "";
    case ValueType::kInt:
      return "bigint";
    case ValueType::kDouble:
      return "double precision";
    case ValueType::kText:
      return "text";
    case ValueType::kBytes:
      return "bytea";
  }
  return "";
}

TypeOid ArrayOidOf(ValueType type) {
  switch (type) {
    case ValueType::kInt:
      return kInt8Array;
    case ValueType::kDouble:
      return kFloat8Array;
    case ValueType::kBytes:
      return kByteaArray;
    default:
      return kTextArray;
  }
}

std::string EncodeBinary(const Value& value) {
  std::string out;
  AppendBinary(&out, value);
  return out;
}

std::string EncodeArray(ValueType type, absl::Span<const Value> values, size_t stride) {
  constexpr uint32_t kDimensions = 1, kHasNulls = 1, kLowerBound = 1;
  std::string out;
  const size_t count = (values.size() + stride - 1) / stride;
  out.reserve(20 + count * 12);
  AppendBigEndian(&out, kDimensions);
  AppendBigEndian(&out, kHasNulls);
  AppendBigEndian(&out, static_cast<uint32_t>(OidOf(type)));
  AppendBigEndian(&out, static_cast<uint32_t>(count));
  AppendBigEndian(&out, kLowerBound);
  for (size_t i = 0; i < values.size(); i += stride) AppendField(&out, values[i]);
  return out;
}

std::string EncodeCopyHeader() {
  constexpr absl::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
  std::string out(kSignature);
  AppendBigEndian(&out, uint32_t{0});  // flags
  AppendBigEndian(&out, uint32_t{0});  // length of the header's extension
  return out;
}

std::string EncodeCopyRows(absl::Span<const Value> values, size_t columns) {
  size_t bytes = 64 + values.size() * 14;
  for (const Value& value : values) {
    const bool text = value.type() == ValueType::kText || value.type() == ValueType::kBytes;
    if (text) bytes += value.AsString().size();
  }
  std::string out;
  out.reserve(bytes);
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % columns == 0) AppendBigEndian(&out, static_cast<uint16_t>(columns));
    AppendField(&out, values[i]);
  }
  return out;
}

std::string EncodeCopyEnd() { return "\377\377"; }

Value DecodeText(TypeOid oid, absl::string_view text) {
  switch (oid) {
    case kBool:
      return Value(text == "t");
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
    case kXid8:
    case kNumeric:
      return DecodeNumber(text);
    case kFloat4:
    case kFloat8: {
      double number = 0;
      if (!absl::SimpleAtod(text, &number)) return Value(text);
      return Value(number);
    }
    case kBytea:
      return Value::Bytes(absl::HexStringToBytes(text.substr(2)));
    default:
      return Value(text);
  }
}

}  // namespace waymark::sql
