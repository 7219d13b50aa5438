// CSV files: every row has the header's columns in UTF-8 or says what is wrong, and a mapping makes
// a signal or a reason of each. The first byte chooses how the file is read.
#include "libs/base/utf8.h"
#include "libs/importers/csv_reader.h"
#include "libs/importers/signal_reader.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/require.h"

namespace waymark::fuzz {
namespace {

using importers::CsvOptions;
using importers::CsvReader;

constexpr char kMapping[] = R"yaml(
kind: survey
source: fuzz
external_id: hash
customer: {column: a, optional: true}
event_time: {column: t, optional: true, formats: [iso, unix, "%d/%m/%Y %H:%M"], zone: Europe/Paris}
attributes: {segment: {column: b, optional: true, values: {x: y}, blank: [n]}}
questions:
  - {column: q, id: nps, type: nps, optional: true, not_applicable: [na]}
  - {column: r, id: "r-{b}", type: rating, scale: {min: 1, max: 5}, optional: true}
  - {column: m, id: many, type: multiple_choice, optional: true}
)yaml";

CsvOptions Options(uint8_t choice) {
  constexpr char kDelimiters[] = {0, ',', ';', '\t'};
  return {.delimiter = kDelimiters[choice & 3],
          .encoding = choice & 4 ? importers::Encoding::kWindows1252 : importers::Encoding::kUtf8};
}

void CheckRows(const std::string& path, const CsvOptions& options) {
  const auto reader = CsvReader::Open(path, options);
  if (!reader.ok()) return;
  importers::CsvRecord record;
  for (int64_t number = 1;; ++number) {
    const auto more = (*reader)->Next(&record);
    if (!more.ok() || !*more) return;
    Require(record.number == number, "rows are counted");
    if (!record.error.empty()) continue;
    Require(record.fields.size() == (*reader)->header().size(), "as many fields as columns");
    for (const std::string& field : record.fields) {
      Require(FindInvalidUtf8(field) == absl::string_view::npos, "fields are UTF-8", field);
    }
  }
}

void CheckSignals(const std::string& path, const CsvOptions& options) {
  static const auto& mapping = *new auto(importers::Mapping::Parse(kMapping, "fuzz"));
  Require(mapping.ok(), "the mapping is one", mapping.status().message());
  importers::ReaderOptions reading{.mapping = *mapping};
  reading.mapping->csv = options;
  const auto reader = OpenReader(importers::Format::kCsv, path, std::move(reading));
  if (!reader.ok()) return;
  importers::Row row;
  while (true) {
    const auto more = (*reader)->Next(&row);
    if (!more.ok() || !*more) break;
    if (!row.ok()) continue;
    Require(!row.signal.external_id().empty() && row.signal.has_event_time(),
            "a signal has its id and time", row.signal.DebugString());
    Require(row.signal.IsInitialized() && !row.signal.SerializeAsString().empty(), "writable");
  }
}

}  // namespace
}  // namespace waymark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const waymark::fuzz::MemoryFile file(
      absl::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  const auto options = waymark::fuzz::Options(data[0]);
  waymark::fuzz::CheckRows(file.path(), options);
  waymark::fuzz::CheckSignals(file.path(), options);
  return 0;
}
