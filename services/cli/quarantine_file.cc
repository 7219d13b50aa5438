#include "services/cli/quarantine_file.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "services/cli/printer.h"

namespace waymark::cli {
namespace {

absl::Status BadLine(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      why,
      "; a line is {\"name\":\"…\",\"signal\":{…}}, as `waymark quarantine export` writes it"));
}

}  // namespace

absl::StatusOr<std::string> QuarantineLine(const feedback::v1::QuarantinedSignal& item) {
  std::string signal;
  const auto status = google::protobuf::util::MessageToJsonString(item.signal(), &signal);
  if (!status.ok()) {
    return absl::InternalError(absl::StrCat("'", item.name(), "' cannot be written as JSON"));
  }
  Json line = Json::object();
  line["name"] = item.name();
  line["reasons"] = Json(std::vector<std::string>(item.reasons().begin(), item.reasons().end()));
  line["signal"] = Json::parse(signal);
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<feedback::v1::QuarantineReplay> ParseQuarantineLine(absl::string_view line) {
  const Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return BadLine("is no JSON object");
  for (const auto& [key, value] : json.items()) {
    if (key != "name" && key != "reasons" && key != "signal") {
      return BadLine(absl::StrCat("has an unknown key '", key, "'"));
    }
  }
  if (!json.contains("name") || !json["name"].is_string()) return BadLine("has no name");
  feedback::v1::QuarantineReplay replay;
  replay.set_name(json["name"].get<std::string>());
  if (!json.contains("signal")) return replay;
  const auto status =
      google::protobuf::util::JsonStringToMessage(json["signal"].dump(), replay.mutable_signal());
  if (!status.ok()) {
    return BadLine(
        absl::StrCat("its signal cannot be read: ",
                     absl::string_view(status.message().data(), status.message().size())));
  }
  return replay;
}

}  // namespace waymark::cli
