// Page tokens: any bytes are refused or are the one spelling of what they hold; a token carries any
// position, holds for its request only, and is not taken with a byte changed.
#include "libs/base/error.h"
#include "libs/rpc/paging.h"
#include "tests/fuzz/require.h"
#include "waymark/feedback/v1/signal_service.pb.h"

namespace waymark::fuzz {
namespace {

using feedback::v1::ListSignalsRequest;

ListSignalsRequest Request(absl::string_view token) {
  ListSignalsRequest request;
  request.set_parent("tenants/demo");
  request.set_filter("source = sfo");
  request.set_page_size(10);
  request.set_page_token(std::string(token));
  return request;
}

void CheckToken(absl::string_view token) {
  const ListSignalsRequest request = Request(token);
  const auto position = rpc::DecodePageToken(request);
  if (position.ok()) {
    Require(token.empty() || rpc::EncodePageToken(request, *position) == token, "one spelling");
    return;
  }
  const auto details = GetErrorDetails(position.status());
  Require(position.status().code() == absl::StatusCode::kInvalidArgument && details.has_value() &&
              (details->reason == "PAGE_TOKEN_INVALID" || details->reason == "PAGE_TOKEN_MISMATCH"),
          "a known error", position.status().message());
}

void CheckPosition(absl::string_view position, size_t where) {
  ListSignalsRequest request = Request("");
  const std::string token = rpc::EncodePageToken(request, position);
  request.set_page_token(token);
  request.set_page_size(500);
  const auto decoded = rpc::DecodePageToken(request);
  Require(decoded.ok() && *decoded == position, "a position comes back", token);

  std::string damaged = token;
  damaged[where % damaged.size()] ^= 1;
  request.set_page_token(damaged);
  Require(!rpc::DecodePageToken(request).ok(), "a damaged token is refused", damaged);

  request.set_page_token(token);
  request.set_filter("source = nhs");
  const auto details = GetErrorDetails(rpc::DecodePageToken(request).status());
  Require(details.has_value() && details->reason == "PAGE_TOKEN_MISMATCH", "bound to its request");
}

}  // namespace
}  // namespace waymark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  waymark::fuzz::CheckToken(text);
  if (size > 0) waymark::fuzz::CheckPosition(text.substr(1), data[0]);
  return 0;
}
