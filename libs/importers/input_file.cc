#include "libs/importers/input_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace waymark::importers {
namespace {

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (code >> 6)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xE0 | (code >> 12)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

bool LooksBinary(absl::string_view head) {
  size_t controls = 0;
  for (const unsigned char c : head) {
    if (c == 0) return true;
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') ++controls;
  }
  return controls * 20 > head.size();
}

}  // namespace

absl::StatusOr<std::unique_ptr<InputFile>> InputFile::Open(absl::string_view path) {
  std::string name(path);
  struct stat info;
  std::ifstream stream;
  if (stat(name.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      return absl::InvalidArgumentError(absl::StrCat("'", name, "' is a folder; name a file"));
    }
    stream.open(name, std::ios::binary);
  }
  if (!stream.is_open()) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open '", name, "'"));
  }
  return std::unique_ptr<InputFile>(
      new InputFile(std::move(name), std::move(stream), info.st_size));
}

absl::Status InputFile::Read(size_t size, std::string* piece) {
  piece->resize(size);
  stream_.read(piece->data(), static_cast<std::streamsize>(size));
  piece->resize(static_cast<size_t>(stream_.gcount()));
  bytes_read_ += static_cast<int64_t>(piece->size());
  if (stream_.bad()) {
    return absl::DataLossError(
        absl::StrCat("reading '", path_, "' failed after ", bytes_read_, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckIsText(absl::string_view path, absl::string_view head) {
  const auto refuse = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("'", path, "' ", what));
  };
  if (head.empty()) return refuse("is empty");
  if (absl::StartsWith(head, "PK\x03\x04")) {
    return refuse("is a zip archive or an Excel workbook; export it as CSV in UTF-8");
  }
  if (absl::StartsWith(head, "\x1f\x8b")) return refuse("is compressed; unpack it first (gunzip)");
  if (absl::StartsWith(head, "%PDF-")) return refuse("is a PDF");
  if (absl::StartsWith(head, "\xff\xfe") || absl::StartsWith(head, "\xfe\xff")) {
    return refuse("is in UTF-16; save it in UTF-8");
  }
  if (LooksBinary(head)) return refuse("is binary, not text");
  return absl::OkStatus();
}

absl::string_view StripByteOrderMark(absl::string_view text) {
  return absl::StartsWith(text, "\xEF\xBB\xBF") ? text.substr(3) : text;
}

std::string DecodeWindows1252(absl::string_view text) {
  static constexpr uint16_t kHigh[32] = {
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string out;
  out.reserve(text.size());
  for (const unsigned char c : text) {
    AppendUtf8(c >= 0x80 && c < 0xA0 ? kHigh[c - 0x80] : c, &out);
  }
  return out;
}

}  // namespace waymark::importers
