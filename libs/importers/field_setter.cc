#include "libs/importers/field_setter.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status_macros.h"
#include "waymark/common/v1/money.pb.h"

namespace waymark::importers {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

template <typename T>
bool Holds(const FieldDescriptor& field) {
  return field.message_type() == T::descriptor();
}

// "AUTHOR_" of AUTHOR_UNSPECIFIED.
absl::string_view PrefixOf(const EnumDescriptor& type) {
  return absl::StripSuffix(type.value(0)->name(), "UNSPECIFIED");
}

absl::StatusOr<const EnumValueDescriptor*> FindEnumValue(const EnumDescriptor& type,
                                                         absl::string_view text) {
  const absl::string_view prefix = PrefixOf(type);
  std::string allowed;
  for (int i = 1; i < type.value_count(); ++i) {
    const absl::string_view name = type.value(i)->name();
    const absl::string_view brief = absl::StripPrefix(name, prefix);
    if (absl::EqualsIgnoreCase(text, name) || absl::EqualsIgnoreCase(text, brief)) {
      return type.value(i);
    }
    absl::StrAppend(&allowed, i == 1 ? "" : ", ", absl::AsciiStrToLower(brief));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is none of ", allowed, "; translate it with `values`"));
}

absl::Status SetMoney(absl::string_view text, absl::string_view currency, Message* money) {
  WM_ASSIGN_OR_RETURN(const double amount, ParseNumber(text));
  const double micros = std::round(amount * 1e6);
  if (std::abs(micros) >= static_cast<double>(std::numeric_limits<int64_t>::max())) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is too large an amount"));
  }
  auto* out = static_cast<common::v1::Money*>(money);
  out->set_currency_code(std::string(currency));
  out->set_micros(static_cast<int64_t>(micros));
  return absl::OkStatus();
}

absl::Status SetMessage(absl::string_view text, absl::string_view currency,
                        const FieldDescriptor& field, TimeParser* times, Message* value) {
  if (Holds<common::v1::Money>(field)) return SetMoney(text, currency, value);
  if (Holds<google::protobuf::Duration>(field)) {
    WM_ASSIGN_OR_RETURN(const double seconds, ParseNumber(text));
    const absl::Duration duration = absl::Seconds(seconds);
    auto* out = static_cast<google::protobuf::Duration*>(value);
    out->set_seconds(absl::ToInt64Seconds(duration));
    out->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(duration - absl::Seconds(out->seconds()))));
    return absl::OkStatus();
  }
  WM_ASSIGN_OR_RETURN(const absl::Time time, times->Parse(text));
  SetTimestamp(time, static_cast<google::protobuf::Timestamp*>(value));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<double> ParseNumber(absl::string_view text) {
  double number;
  if (absl::SimpleAtod(text, &number) && std::isfinite(number)) return number;
  return absl::InvalidArgumentError(absl::StrCat("'", text.substr(0, 60), "' is not a number"));
}

absl::StatusOr<bool> ParseBool(absl::string_view text) {
  bool value;
  if (absl::SimpleAtob(text, &value)) return value;
  return absl::InvalidArgumentError(
      absl::StrCat("'", text.substr(0, 60), "' is neither yes nor no"));
}

void SetTimestamp(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

bool IsSettable(const FieldDescriptor& field) {
  if (field.is_repeated()) return false;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM:
      return true;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Holds<common::v1::Money>(field) || Holds<google::protobuf::Duration>(field) ||
             Holds<google::protobuf::Timestamp>(field);
    default:
      return false;
  }
}

absl::Status SetField(Message* message, const FieldDescriptor& field, absl::string_view text,
                      absl::string_view currency, TimeParser* times) {
  const Reflection& reflection = *message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(message, &field, std::string(text));
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t number;
      if (!absl::SimpleAtoi(text, &number)) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", text.substr(0, 60), "' is not a whole number"));
      }
      reflection.SetInt64(message, &field, number);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      WM_ASSIGN_OR_RETURN(const double number, ParseNumber(text));
      reflection.SetDouble(message, &field, number);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      WM_ASSIGN_OR_RETURN(const bool value, ParseBool(text));
      reflection.SetBool(message, &field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      WM_ASSIGN_OR_RETURN(const EnumValueDescriptor* value,
                          FindEnumValue(*field.enum_type(), text));
      reflection.SetEnum(message, &field, value);
      return absl::OkStatus();
    }
    default:
      return SetMessage(text, currency, field, times, reflection.MutableMessage(message, &field));
  }
}

}  // namespace waymark::importers
