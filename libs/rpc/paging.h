#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace waymark::rpc {

/// The token that continues `request` (any List request with `page_token` and `page_size`) after
/// `position`, the last row's key in whatever form the store likes. Opaque, URL-safe. It is bound
/// to all other fields of the request; page_size may change from page to page.
std::string EncodePageToken(const google::protobuf::Message& request, absl::string_view position);

/// The position in `request.page_token`; empty for the first page. INVALID_ARGUMENT:
/// the token is damaged (PAGE_TOKEN_INVALID) or belongs to a request with other fields
/// (PAGE_TOKEN_MISMATCH).
absl::StatusOr<std::string> DecodePageToken(const google::protobuf::Message& request);

/// The number of rows to return: `standard` when `requested` is 0 or less, never more than `limit`.
int32_t PageSize(int32_t requested, int32_t standard = 50, int32_t limit = 1000);

/// The entity tag of a resource: a hash of all its fields but `etag`.
std::string MakeEtag(const google::protobuf::Message& resource);

/// OK when `given` is empty or equals `current`. ABORTED (ETAG_MISMATCH): somebody else changed
/// `name` since it was read.
absl::Status CheckEtag(absl::string_view name, absl::string_view given, absl::string_view current);

}  // namespace waymark::rpc
