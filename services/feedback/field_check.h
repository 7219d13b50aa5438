#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"

namespace waymark::feedback {

// What checks of messages have in common: each adds to *reasons what is wrong with one field, with
// its value and what is allowed. Nothing is allocated while nothing is wrong. Pure.

using Reasons = std::vector<std::string>;

inline constexpr size_t kMaxIdBytes = 256;
inline constexpr size_t kMaxLabelBytes = 128;

/// Which field is meant: "message.name", or "message[index].name"; the text is only built when
/// something is wrong with it.
struct Field {
  const char* message = "";
  int index = -1;
  const char* name = "";

  std::string ToString() const;
};

/// `value` in quotes, escaped and cut. Never for what customers wrote in their own words.
std::string Shown(absl::string_view value);

template <typename... Parts>
void Add(const Field& field, Reasons* reasons, const Parts&... parts) {
  reasons->push_back(absl::StrCat(field.ToString(), ": ", parts...));
}

void CheckBytes(const Field& field, absl::string_view value, size_t min, size_t max,
                Reasons* reasons);

/// Empty, or an id as IsValidId has it.
void CheckOptionalId(const Field& field, absl::string_view value, Reasons* reasons);

template <typename Enum>
void CheckEnum(const Field& field, Enum value, bool valid, Reasons* reasons) {
  if (!valid) Add(field, reasons, static_cast<int>(value), " is not a known value");
}

/// A time of the years 1 to 9999.
void CheckTime(const Field& field, const google::protobuf::Timestamp& time, Reasons* reasons);

}  // namespace waymark::feedback
