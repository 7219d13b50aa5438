#include "libs/rpc/paging.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "libs/base/error.h"

namespace waymark::rpc {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// Its type and its fields but `without`, the same in every process.
std::string Canonical(const Message& message, std::initializer_list<const char*> without) {
  std::unique_ptr<Message> rest(message.New());
  rest->CopyFrom(message);
  for (const char* name : without) {
    if (const FieldDescriptor* field = rest->GetDescriptor()->FindFieldByName(name)) {
      rest->GetReflection()->ClearField(rest.get(), field);
    }
  }
  std::string bytes = absl::StrCat(message.GetDescriptor()->full_name(), "\n");
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  rest->SerializeToCodedStream(&out);
  out.Trim();
  return bytes;
}

uint64_t RequestHash(const Message& request) {
  const std::string bytes = Canonical(request, {"page_token", "page_size"});
  return XXH3_64bits(bytes.data(), bytes.size());
}

// A token is the request's hash, the position, and a checksum of both.
constexpr size_t kHashBytes = sizeof(uint64_t);

void AppendHash(uint64_t hash, std::string* bytes) {
  for (size_t i = 0; i < kHashBytes; ++i) bytes->push_back(static_cast<char>(hash >> (8 * i)));
}

uint64_t ReadHash(absl::string_view bytes) {
  uint64_t hash = 0;
  for (size_t i = 0; i < kHashBytes; ++i) {
    hash |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return hash;
}

std::string TokenOf(const Message& request) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("page_token");
  return request.GetReflection()->GetString(request, field);
}

}  // namespace

std::string EncodePageToken(const Message& request, absl::string_view position) {
  std::string bytes;
  AppendHash(RequestHash(request), &bytes);
  absl::StrAppend(&bytes, position);
  AppendHash(XXH3_64bits(bytes.data(), bytes.size()), &bytes);
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::string> DecodePageToken(const Message& request) {
  const std::string token = TokenOf(request);
  if (token.empty()) return std::string();
  std::string bytes;
  const bool whole = absl::WebSafeBase64Unescape(token, &bytes) && bytes.size() >= 2 * kHashBytes &&
                     // One spelling only: unescaping also takes padding and stray low bits.
                     absl::WebSafeBase64Escape(bytes) == token;
  const size_t end = whole ? bytes.size() - kHashBytes : 0;
  if (!whole || ReadHash(absl::string_view(bytes).substr(end)) != XXH3_64bits(bytes.data(), end)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                     "page_token is damaged; send next_page_token as it came, or none to start");
  }
  if (ReadHash(bytes) != RequestHash(request)) {
    return MakeError(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_MISMATCH",
                     "page_token belongs to a request with other fields; keep all fields but "
                     "page_size while paging");
  }
  return bytes.substr(kHashBytes, end - kHashBytes);
}

int32_t PageSize(int32_t requested, int32_t standard, int32_t limit) {
  return requested <= 0 ? standard : std::min(requested, limit);
}

std::string MakeEtag(const Message& resource) {
  const std::string bytes = Canonical(resource, {"etag"});
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return absl::StrCat(absl::Hex(hash.high64, absl::kZeroPad16),
                      absl::Hex(hash.low64, absl::kZeroPad16));
}

absl::Status CheckEtag(absl::string_view name, absl::string_view given, absl::string_view current) {
  if (given.empty() || given == current) return absl::OkStatus();
  ErrorDetails details;
  details.reason = "ETAG_MISMATCH";
  details.metadata = {{"name", std::string(name)}};
  return MakeError(absl::StatusCode::kAborted,
                   absl::StrCat("'", name, "' has changed since it was read (etag is '", current,
                                "', not '", given, "'); read it again and repeat the change"),
                   std::move(details));
}

}  // namespace waymark::rpc
