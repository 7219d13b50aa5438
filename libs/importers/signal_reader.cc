#include "libs/importers/signal_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/ids.h"
#include "libs/importers/csv_signal_reader.h"
#include "libs/importers/jsonl_reader.h"
#include "libs/importers/xes_reader.h"

namespace waymark::importers {

absl::StatusOr<std::unique_ptr<SignalReader>> OpenReader(Format format, absl::string_view path,
                                                         ReaderOptions options) {
  if (!options.source.empty() && !IsValidId(options.source)) {
    return absl::InvalidArgumentError(
        absl::StrCat("source '", options.source, "' must be 1-128 of A-Z a-z 0-9 _ . ~ : @ -"));
  }
  switch (format) {
    case Format::kCsv:
      return OpenCsvReader(path, std::move(options));
    case Format::kXes:
      return OpenXesReader(path, options.source, options.case_key);
    case Format::kJsonLines:
      return OpenJsonLinesReader(path, options.source);
  }
  return absl::InvalidArgumentError("unknown format");
}

}  // namespace waymark::importers
