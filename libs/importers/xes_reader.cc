#include "libs/importers/xes_reader.h"

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status_macros.h"
#include "libs/importers/content_ids.h"
#include "libs/importers/event_time.h"
#include "libs/importers/field_setter.h"
#include "libs/importers/input_file.h"

namespace waymark::importers {
namespace {

using feedback::v1::Interaction;
using feedback::v1::Signal;

constexpr size_t kMaxFile = 1 << 30;
constexpr int kMaxAttributes = 64;
constexpr size_t kMaxKey = 64;
constexpr size_t kMaxValue = 256;
constexpr char kName[] = "concept:name";
constexpr char kTime[] = "time:timestamp";

bool IsPlainAttribute(const pugi::xml_node& node) {
  static const auto& types =
      *new std::set<std::string>{"string", "date", "int", "float", "boolean", "id"};
  return types.contains(node.name());
}

absl::string_view ValueOf(const pugi::xml_node& owner, absl::string_view key) {
  for (const pugi::xml_node child : owner.children()) {
    if (IsPlainAttribute(child) && key == child.attribute("key").value()) {
      return child.attribute("value").value();
    }
  }
  return "";
}

class XesReader : public SignalReader {
 public:
  XesReader(absl::string_view source, absl::string_view case_key)
      : source_(source), case_key_(case_key) {}

  absl::Status Load(InputFile* file) {
    path_ = file->path();
    total_bytes_ = file->total_bytes();
    if (total_bytes_ > static_cast<int64_t>(kMaxFile)) {
      return absl::InvalidArgumentError(absl::StrCat("'", path_, "' has ", total_bytes_,
                                                     " bytes, an XES file ", kMaxFile,
                                                     " at most; split it or convert it to CSV"));
    }
    std::string text;
    WM_RETURN_IF_ERROR(file->Read(static_cast<size_t>(total_bytes_), &text));
    WM_RETURN_IF_ERROR(CheckIsText(path_, absl::string_view(text).substr(0, 64 << 10)));
    const pugi::xml_parse_result result = document_.load_buffer(text.data(), text.size());
    if (!result) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", path_, "' is no XML: ", result.description(), " at byte ", result.offset));
    }
    const pugi::xml_node log = document_.child("log");
    if (!log) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", path_, "' is no XES event log: its root is <",
                       document_.document_element().name(), ">, not <log>"));
    }
    trace_ = log.child("trace");
    event_ = trace_.child("event");
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(Row* row) override {
    while (!event_ && trace_) {
      trace_ = trace_.next_sibling("trace");
      event_ = trace_.child("event");
    }
    if (!event_) {
      bytes_read_ = total_bytes_;
      return false;
    }
    bytes_read_ = std::max<int64_t>(bytes_read_, event_.offset_debug());
    row->number = ++number_;
    row->error.clear();
    Map(row);
    event_ = event_.next_sibling("event");
    return true;
  }

  int64_t bytes_read() const override { return bytes_read_; }
  int64_t total_bytes() const override { return total_bytes_; }

  std::vector<std::string> warnings() const override {
    std::vector<std::string> warnings;
    if (times_.assumed_utc()) {
      warnings.push_back("some times have no offset and were taken as UTC");
    }
    if (!left_out_.empty()) {
      warnings.push_back(absl::StrCat("left out where their key exceeds ", kMaxKey,
                                      " bytes, their value ", kMaxValue,
                                      " bytes, or an event has more than ", kMaxAttributes,
                                      " attributes: ", absl::StrJoin(left_out_, ", ")));
    }
    return warnings;
  }

 private:
  void Map(Row* row) {
    Signal& signal = row->signal;
    signal.Clear();
    signal.set_source(source_);
    signal.set_sequence(number_);
    std::vector<std::string> problems;
    Interaction* interaction = signal.mutable_interaction();
    interaction->set_activity(std::string(ValueOf(event_, kName)));
    if (interaction->activity().empty()) problems.push_back("the event has no concept:name");
    MapTime(&signal, &problems);
    MapCustomer(&signal, &problems);
    std::string content;
    AppendContent("trace", ValueOf(trace_, kName), &content);
    MapAttributes(event_, "", &signal, &content);
    MapAttributes(trace_, "case:", &signal, nullptr);
    if (problems.empty()) {
      signal.set_external_id(ids_.Next(content));
    } else {
      row->error = absl::StrJoin(problems, "; ");
    }
  }

  void MapTime(Signal* signal, std::vector<std::string>* problems) {
    const absl::string_view text = ValueOf(event_, kTime);
    if (text.empty()) {
      problems->push_back("the event has no time:timestamp");
      return;
    }
    const absl::StatusOr<absl::Time> time = times_.Parse(text);
    if (time.ok()) {
      SetTimestamp(*time, signal->mutable_event_time());
    } else {
      problems->push_back(absl::StrCat("time:timestamp ", time.status().message()));
    }
  }

  void MapCustomer(Signal* signal, std::vector<std::string>* problems) {
    const absl::string_view name = ValueOf(trace_, kName);
    absl::string_view customer = name;
    if (!case_key_.empty()) {
      signal->mutable_interaction()->set_session(std::string(name));
      customer = ValueOf(trace_, case_key_);
      if (customer.empty()) customer = ValueOf(event_, case_key_);
    }
    if (customer.empty()) {
      problems->push_back(absl::StrCat("neither the trace nor the event has ",
                                       case_key_.empty() ? kName : case_key_,
                                       ", whom the event is about; name another key with --case"));
    }
    signal->set_customer(std::string(customer));
  }

  void MapAttributes(const pugi::xml_node& owner, absl::string_view prefix, Signal* signal,
                     std::string* content) {
    for (const pugi::xml_node node : owner.children()) {
      if (!IsPlainAttribute(node)) continue;
      const absl::string_view name = node.attribute("key").value();
      const absl::string_view value = node.attribute("value").value();
      if (content != nullptr) AppendContent(name, value, content);
      if (name == kName || (name == kTime && content != nullptr) || value.empty()) continue;
      std::string key = absl::StrCat(prefix, name);
      if (key.size() > kMaxKey || value.size() > kMaxValue || HasAttribute(*signal, key) ||
          signal->attributes_size() == kMaxAttributes) {
        left_out_.insert(std::move(key));
        continue;
      }
      auto* attribute = signal->add_attributes();
      attribute->set_key(std::move(key));
      attribute->set_value(std::string(value));
    }
  }

  static bool HasAttribute(const Signal& signal, absl::string_view key) {
    return std::any_of(signal.attributes().begin(), signal.attributes().end(),
                       [&](const auto& attribute) { return attribute.key() == key; });
  }

  std::string source_;
  std::string case_key_;
  std::string path_;
  pugi::xml_document document_;
  pugi::xml_node trace_;
  pugi::xml_node event_;
  TimeParser times_;
  ContentIds ids_;
  std::set<std::string> left_out_;
  int64_t number_ = 0;
  int64_t bytes_read_ = 0;
  int64_t total_bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SignalReader>> OpenXesReader(absl::string_view path,
                                                            absl::string_view source,
                                                            absl::string_view case_key) {
  if (source.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "' is an event log without a source: name one with --source"));
  }
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file, InputFile::Open(path));
  auto reader = std::make_unique<XesReader>(source, case_key);
  WM_RETURN_IF_ERROR(reader->Load(file.get()));
  return reader;
}

}  // namespace waymark::importers
