#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/timestamp.pb.h"

namespace waymark::rpc {

/// Collects what is wrong with a request, so that the caller learns all of it at once:
///   void Validate(const CreateMapRequest& request, rpc::Violations& violations) {
///     violations.CheckName("parent", request.parent(), "tenants/*");
///     if (request.map().title().empty()) violations.Add("map.title", "", "give the map a title");
///   }
/// Not thread-safe.
class Violations {
 public:
  /// `field` is a path as in a field mask; `what_to_do` a phrase such as "must be 1-128
  /// characters". `value` is shown shortened; leave it empty for what customers wrote.
  void Add(absl::string_view field, absl::string_view value, absl::string_view what_to_do);

  /// Adds a violation unless `name` follows `pattern` ("tenants/*/maps/*").
  void CheckName(absl::string_view field, absl::string_view name, absl::string_view pattern);
  /// Adds a violation when `value` is empty.
  void CheckSet(absl::string_view field, absl::string_view value);

  /// Adds a violation unless `time` is of the years 1 to 9999; an unset one is.
  void CheckTime(absl::string_view field, const google::protobuf::Timestamp& time);

  bool empty() const { return lines_.empty(); }

  /// OK, or INVALID_ARGUMENT (INVALID_FIELD) naming every field, its value and what to do; the
  /// fields are also in the error's metadata.
  absl::Status ToStatus() const;

 private:
  struct Line {
    std::string field;
    std::string text;
  };
  std::vector<Line> lines_;
};

}  // namespace waymark::rpc
