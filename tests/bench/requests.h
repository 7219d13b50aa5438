#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpcpp/support/byte_buffer.h"
#include "waymark/feedback/v1/signal.pb.h"

namespace waymark::bench {

/// Ends the process with `what` on standard error unless `ok`.
void Require(bool ok, absl::string_view what);

/// The first of `count` ids that nobody else has; with SetIdCycle they come again after so many.
uint64_t TakeIds(uint64_t count);
void SetIdCycle(uint64_t ids);
/// Whether external ids come in no order, as those that vendors make and UUIDs do, or grow.
void SetScrambledIds(bool scrambled);
/// Writes the external id of `id`: 16 hexadecimal digits.
void WriteExternalId(uint64_t id, char* out);

/// A signal as the requests hold it, about 260 bytes; its external id is kIdMark, to be replaced.
inline constexpr absl::string_view kIdMark = "@@@@@@@@@@@@@@@@";
feedback::v1::Signal MakeSignal(int i);

/// A serialized request of `batch` signals, a quarter with a text of 140 characters, that get new
/// ids with every use, so that the client costs little. Ingest and StreamIngest requests are the
/// same on the wire. Not thread-safe; copies may be used by other threads.
class RequestTemplate {
 public:
  RequestTemplate(absl::string_view tenant, int batch);

  grpc::ByteBuffer Next();
  /// The same as bytes.
  void AppendNext(std::string* out);

  int batch() const { return batch_; }
  size_t bytes_per_signal() const { return bytes_.size() / batch_; }

 private:
  void WriteNext(char* out) const;

  const int batch_;
  std::string bytes_;
  /// Where the ids stand.
  std::vector<size_t> ids_;
};

}  // namespace waymark::bench
