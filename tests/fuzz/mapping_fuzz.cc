// Mappings: any YAML is a mapping or refused as INVALID_ARGUMENT, and none ends the process.
#include "libs/importers/mapping.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view yaml(reinterpret_cast<const char*>(data), size);
  const auto mapping = waymark::importers::Mapping::Parse(yaml, "fuzz");
  waymark::fuzz::Require(
      mapping.ok() || mapping.status().code() == absl::StatusCode::kInvalidArgument,
      "INVALID_ARGUMENT", mapping.status().message());
  return 0;
}
