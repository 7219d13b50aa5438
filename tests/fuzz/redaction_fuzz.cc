// Redaction: any bytes are taken, and redacting what was redacted finds nothing.
#include "libs/text/redaction.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using waymark::fuzz::Require;
  static const auto& redactor = *new waymark::text::Redactor();
  const std::string original(reinterpret_cast<const char*>(data), size);
  std::string text = original;
  waymark::text::RedactionCounts counts;
  const bool found = redactor.Redact(&text, &counts);
  Require(found == (counts.total() > 0), "found is counted", original);
  Require(found || text == original, "nothing found, nothing changed", original);
  const std::string once = text;
  Require(!redactor.Redact(&text) && text == once, "redacting again changes nothing", once);
  return 0;
}
