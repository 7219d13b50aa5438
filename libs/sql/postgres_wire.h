#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/sql/value.h"

namespace waymark::sql {

/// PostgreSQL's object ids of the types that this library speaks (pg_type.dat).
using TypeOid = unsigned int;

/// The type a parameter is sent as; 0 for NULL, whose type the server infers.
TypeOid OidOf(ValueType type);
/// The type's name in SQL; "" for NULL.
absl::string_view SqlNameOf(ValueType type);
/// The type of an array of `type`, which is not NULL.
TypeOid ArrayOidOf(ValueType type);

/// `value`, not NULL, in the binary format.
std::string EncodeBinary(const Value& value);

/// Every `stride`-th of `values`, from the first, as a one-dimensional array of `type` in the
/// binary format.
std::string EncodeArray(ValueType type, absl::Span<const Value> values, size_t stride);

/// The binary format of COPY: its header, rows of `columns` values each, and its end.
std::string EncodeCopyHeader();
std::string EncodeCopyRows(absl::Span<const Value> values, size_t columns);
std::string EncodeCopyEnd();

/// A cell that came in the text format. Integers and xid8 become integers, floats doubles, a
/// numeric without a fraction an integer when it fits and else a double, a boolean 0 or 1, bytea
/// (in its hex form) bytes, and all else text.
Value DecodeText(TypeOid oid, absl::string_view text);

}  // namespace waymark::sql
