#include "tests/bench/requests.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "waymark/feedback/v1/feedback_service.pb.h"

namespace waymark::bench {
namespace {

namespace v1 = feedback::v1;

constexpr char kText[] =
    "Check-in was quick, but the queue at security took forty minutes and nobody told us which "
    "lane was open; the staff at the gate were very kind";

// Several processes may send to one server.
std::atomic<uint64_t> next_id{static_cast<uint64_t>(getpid()) << 36};

/// Ids are taken modulo this; 0: they are all new.
uint64_t id_cycle = 0;
bool scrambled_ids = false;

// A bijection (the finalizer of SplitMix64): no two ids get the same.
uint64_t Scramble(uint64_t id) {
  id = (id ^ (id >> 30)) * 0xBF58476D1CE4E5B9;
  id = (id ^ (id >> 27)) * 0x94D049BB133111EB;
  return id ^ (id >> 31);
}

}  // namespace

v1::Signal MakeSignal(int i) {
  v1::Signal signal;
  signal.set_source("bench");
  signal.set_external_id(std::string(kIdMark));
  signal.set_customer(absl::StrFormat("customer-%08d", i * 7919 % 100'000));
  signal.set_account(absl::StrFormat("account-%05d", i % 1000));
  signal.mutable_event_time()->set_seconds(1'700'000'000 + i);
  signal.set_sequence(i);
  for (const char* key : {"country", "loyalty", "segment"}) {
    auto* attribute = signal.add_attributes();
    attribute->set_key(key);
    attribute->set_value(absl::StrCat("value-", i % 10));
  }
  if (i % 4 != 0) {
    auto* interaction = signal.mutable_interaction();
    interaction->set_activity("checkout_payment_details_entered");
    interaction->set_session(absl::StrFormat("session-2f6c1b9e-77aa-4f0e-%012d", i));
    interaction->set_channel("web");
    interaction->set_device("mobile-safari-17");
    interaction->mutable_revenue()->set_currency_code("EUR");
    interaction->mutable_revenue()->set_micros(19'990'000 + i);
    return signal;
  }
  auto* survey = signal.mutable_survey_response();
  auto* rating = survey->add_answers();
  rating->set_question("nps");
  rating->set_type(v1::QUESTION_TYPE_NPS);
  rating->set_number(i % 11);
  auto* text = survey->add_answers();
  text->set_question("why");
  text->set_text(kText);
  return signal;
}

uint64_t TakeIds(uint64_t count) { return next_id.fetch_add(count); }
void SetIdCycle(uint64_t ids) { id_cycle = ids; }
void SetScrambledIds(bool scrambled) { scrambled_ids = scrambled; }

void WriteExternalId(uint64_t id, char* out) {
  uint64_t rest = id_cycle == 0 ? id : id % id_cycle;
  if (scrambled_ids) rest = Scramble(rest);
  for (int digit = 15; digit >= 0; --digit, rest >>= 4) out[digit] = "0123456789abcdef"[rest & 15];
}

void Require(bool ok, absl::string_view what) {
  if (ok) return;
  absl::FPrintF(stderr, "bench: %s\n", what);
  std::exit(1);
}

RequestTemplate::RequestTemplate(absl::string_view tenant, int batch) : batch_(batch) {
  v1::IngestRequest request;
  request.set_parent(absl::StrCat("tenants/", tenant));
  for (int i = 0; i < batch; ++i) *request.add_signals() = MakeSignal(i);
  bytes_ = request.SerializeAsString();
  for (size_t at = bytes_.find(kIdMark.data(), 0, kIdMark.size()); at != std::string::npos;
       at = bytes_.find(kIdMark.data(), at + 1, kIdMark.size())) {
    ids_.push_back(at);
  }
}

void RequestTemplate::WriteNext(char* out) const {
  std::copy(bytes_.begin(), bytes_.end(), out);
  uint64_t id = TakeIds(ids_.size());
  for (const size_t at : ids_) WriteExternalId(id++, out + at);
}

grpc::ByteBuffer RequestTemplate::Next() {
  grpc::Slice slice(bytes_.size());
  WriteNext(reinterpret_cast<char*>(const_cast<uint8_t*>(slice.begin())));
  return grpc::ByteBuffer(&slice, 1);
}

void RequestTemplate::AppendNext(std::string* out) {
  const size_t offset = out->size();
  out->resize(offset + bytes_.size());
  WriteNext(out->data() + offset);
}

}  // namespace waymark::bench
