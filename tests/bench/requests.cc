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

constexpr absl::string_view kIdMark = "@@@@@@@@@@@@@@@@";
constexpr char kText[] =
    "Check-in was quick, but the queue at security took forty minutes and nobody told us which "
    "lane was open; the staff at the gate were very kind";

// Several processes may send to one server.
std::atomic<uint64_t> next_id{static_cast<uint64_t>(getpid()) << 36};

/// Ids are taken modulo this; 0: they are all new.
uint64_t id_cycle = 0;

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
uint64_t IdAt(uint64_t id) { return id_cycle == 0 ? id : id % id_cycle; }

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

grpc::ByteBuffer RequestTemplate::Next() {
  grpc::Slice slice(bytes_.size());
  char* data = reinterpret_cast<char*>(const_cast<uint8_t*>(slice.begin()));
  std::copy(bytes_.begin(), bytes_.end(), data);
  uint64_t id = TakeIds(ids_.size());
  for (const size_t at : ids_) {
    uint64_t rest = IdAt(id++);
    for (int digit = 15; digit >= 0; --digit, rest >>= 4) {
      data[at + digit] = "0123456789abcdef"[rest & 15];
    }
  }
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace waymark::bench
