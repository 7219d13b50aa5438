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
/// The id as the requests carry it.
uint64_t IdAt(uint64_t id);

/// A signal as the requests hold it, about 260 bytes; its id is a mark.
feedback::v1::Signal MakeSignal(int i);

/// A serialized request of `batch` signals, a quarter with a text of 140 characters, that get new
/// ids with every use, so that the client costs little. Ingest and StreamIngest requests are the
/// same on the wire. Not thread-safe; copies may be used by other threads.
class RequestTemplate {
 public:
  RequestTemplate(absl::string_view tenant, int batch);

  grpc::ByteBuffer Next();

  int batch() const { return batch_; }
  size_t bytes_per_signal() const { return bytes_.size() / batch_; }

 private:
  const int batch_;
  std::string bytes_;
  /// Where the ids stand.
  std::vector<size_t> ids_;
};

}  // namespace waymark::bench
