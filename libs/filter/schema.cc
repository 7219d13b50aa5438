#include "libs/filter/schema.h"

#include <utility>

namespace waymark::filter {

Schema::Schema(std::vector<Field> fields, std::string bare_hint)
    : fields_(std::move(fields)), bare_hint_(std::move(bare_hint)) {}

std::optional<int> Schema::Find(absl::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == name) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace waymark::filter
