#include "libs/filter/test_records.h"

namespace waymark::filter {

const Schema& TestSchema() {
  static const auto& schema = *new Schema({{"source", FieldType::kString},
                                           {"customer", FieldType::kString},
                                           {"reach", FieldType::kInt},
                                           {"stance", FieldType::kDouble},
                                           {"finished", FieldType::kBool},
                                           {"event_time", FieldType::kTimestamp},
                                           {"wait", FieldType::kDuration},
                                           {"kind", FieldType::kEnum, {{"SURVEY", 1}, {"CHAT", 2}}},
                                           {"tags", FieldType::kStringList},
                                           {"attributes", FieldType::kMap}},
                                          "To look for words in texts use `search`.");
  return schema;
}

Value TestRecord::Get(int field, absl::string_view member) const {
  // A loop, not a look-up, which would have to make a key.
  for (const auto& [key, value] : values_) {
    if (key.first != field || key.second != member) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return absl::string_view(*text);
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      return TextList::Of(*list);
    }
    if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
    if (const auto* number = std::get_if<double>(&value)) return *number;
    return std::get<bool>(value);
  }
  return std::monostate();
}

}  // namespace waymark::filter
