#include "libs/importers/jsonl_reader.h"

#include <google/protobuf/util/json_util.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "libs/importers/input_file.h"

namespace waymark::importers {
namespace {

constexpr size_t kPiece = 64 << 10;
constexpr size_t kMaxLine = 1 << 20;

class JsonLinesReader : public SignalReader {
 public:
  JsonLinesReader(std::unique_ptr<InputFile> file, absl::string_view source)
      : file_(std::move(file)), source_(source) {}

  absl::Status ReadHead() {
    WM_RETURN_IF_ERROR(file_->Read(kPiece, &buffer_));
    WM_RETURN_IF_ERROR(CheckIsText(file_->path(), buffer_));
    position_ = buffer_.size() - StripByteOrderMark(buffer_).size();
    const absl::string_view text =
        absl::StripLeadingAsciiWhitespace(absl::string_view(buffer_).substr(position_));
    if (absl::StartsWith(text, "[")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", file_->path(), "' is a JSON array; write one signal a line (jq -c '.[]')"));
    }
    if (absl::StartsWith(text, "<")) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", file_->path(), "' is XML, not JSON lines"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(Row* row) override {
    do {
      WM_ASSIGN_OR_RETURN(const bool found, NextLine());
      if (!found) return false;
    } while (size_ == 0);
    row->number = number_;
    row->signal.Clear();
    row->error.clear();
    if (size_ > kMaxLine) {
      row->error = absl::StrCat("the line has ", size_, " bytes, ", kMaxLine, " at most");
      return true;
    }
    const auto status = google::protobuf::util::JsonStringToMessage(line_, &row->signal);
    if (!status.ok()) {
      row->error =
          absl::StrCat("is no signal in JSON: ",
                       absl::string_view(status.message().data(), status.message().size()));
    } else if (!source_.empty()) {
      row->signal.set_source(source_);
    }
    return true;
  }

  int64_t bytes_read() const override { return file_->bytes_read(); }
  int64_t total_bytes() const override { return file_->total_bytes(); }
  std::vector<std::string> warnings() const override { return {}; }

 private:
  // Takes what the buffer has of the current line; of a line too long only its size is kept.
  void Take(absl::string_view part) {
    size_ += part.size();
    if (size_ <= kMaxLine) {
      absl::StrAppend(&line_, part);
    } else {
      line_.clear();
    }
  }

  // The next line into line_, without blanks around it; size_ is 0 when it is empty.
  absl::StatusOr<bool> NextLine() {
    line_.clear();
    size_ = 0;
    while (true) {
      if (position_ == buffer_.size()) {
        WM_RETURN_IF_ERROR(file_->Read(kPiece, &buffer_));
        position_ = 0;
        if (buffer_.empty()) break;
      }
      const size_t end = buffer_.find('\n', position_);
      const absl::string_view rest = absl::string_view(buffer_).substr(position_);
      if (end == std::string::npos) {
        Take(rest);
        position_ = buffer_.size();
        continue;
      }
      Take(rest.substr(0, end - position_));
      position_ = end + 1;
      return FinishLine();
    }
    if (size_ == 0) return false;
    return FinishLine();
  }

  bool FinishLine() {
    ++number_;
    absl::StripAsciiWhitespace(&line_);
    if (size_ <= kMaxLine) size_ = line_.size();
    return true;
  }

  std::unique_ptr<InputFile> file_;
  std::string source_;
  std::string buffer_;
  size_t position_ = 0;
  std::string line_;
  size_t size_ = 0;
  int64_t number_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SignalReader>> OpenJsonLinesReader(absl::string_view path,
                                                                  absl::string_view source) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<InputFile> file, InputFile::Open(path));
  auto reader = std::make_unique<JsonLinesReader>(std::move(file), source);
  WM_RETURN_IF_ERROR(reader->ReadHead());
  return reader;
}

}  // namespace waymark::importers
