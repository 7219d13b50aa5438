// What feedback does with a signal before it is recorded: any signal is taken or refused with
// reasons; what is taken or kept is readable, and to do it all again changes nothing. (Of inputs
// far below the limits of size: a placeholder may be longer than what it stands for.)
#include <vector>

#include "libs/base/utf8.h"
#include "services/feedback/preparation.h"
#include "services/feedback/validation.h"
#include "tests/fuzz/require.h"

namespace waymark::fuzz {
namespace {

using feedback::Submission;
using feedback::v1::Signal;
using Signals = google::protobuf::RepeatedPtrField<Signal>;

struct Prepared {
  Submission submission;
  text::RedactionCounts redactions;

  bool taken() const { return !submission.candidates.empty(); }
  /// The signal as it would be stored.
  std::string stored() const {
    if (!taken()) return submission.rejected[0].signal;
    const feedback::Candidate& candidate = submission.candidates[0];
    return submission.payload.substr(candidate.offset, candidate.bytes);
  }
};

void Prepare(const Signal& signal, Prepared* prepared) {
  static const auto& preparer = *new feedback::Preparer({.k0 = 1, .k1 = 2});
  Signals signals;
  *signals.Add() = signal;
  prepared->submission.tenant = "demo";
  const absl::Status status =
      preparer.Prepare(&signals, &prepared->submission, &prepared->redactions);
  Require(status.ok(), "a batch of one is prepared", status.message());
  Require(prepared->submission.size() == 1, "a signal is taken or refused, once");
}

void CheckReasons(const Prepared& prepared) {
  if (prepared.taken()) return;
  const std::vector<std::string>& reasons = prepared.submission.rejected[0].reasons;
  Require(!reasons.empty(), "a refusal has reasons");
  for (const std::string& reason : reasons) {
    Require(!reason.empty() && FindInvalidUtf8(reason) == absl::string_view::npos,
            "a reason is text", reason);
  }
}

void CheckStored(const Prepared& first) {
  const std::string stored = first.stored();
  Signal signal;
  Require(signal.ParseFromString(stored), "what is stored is a signal", stored);
  if (first.taken()) {
    std::vector<std::string> reasons;
    feedback::ValidateSignal(signal, stored.size(), &reasons);
    Require(reasons.empty(), "what was taken stays valid", reasons.empty() ? "" : reasons[0]);
  }
  Prepared second;
  Prepare(signal, &second);
  Require(second.taken() == first.taken(), "what is refused once is refused again", stored);
  Require(second.redactions.total() == 0, "redacting again finds nothing", signal.DebugString());
  Require(second.stored() == stored, "redacting again changes nothing", signal.DebugString());
}

}  // namespace
}  // namespace waymark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  waymark::feedback::v1::Signal signal;
  if (!signal.ParseFromArray(data, static_cast<int>(size))) return 0;
  waymark::fuzz::Prepared prepared;
  waymark::fuzz::Prepare(signal, &prepared);
  waymark::fuzz::CheckReasons(prepared);
  waymark::fuzz::CheckStored(prepared);
  return 0;
}
