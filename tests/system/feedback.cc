#include "tests/system/feedback.h"

#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/system/deployment.h"

namespace waymark::system_test {
namespace {

using feedback::v1::Change;
using feedback::v1::StoredSignal;
using testing::Process;

constexpr char kParent[] = "tenants/demo";

// A process that is back is found at once. The least backoff stays: it is the time to connect in,
// too, and on a busy machine that takes a while.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

struct Context : grpc::ClientContext {
  explicit Context(absl::Duration timeout = absl::Seconds(60)) {
    AddMetadata("waymark-tenant", "demo");
    set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  }
};

}  // namespace

FeedbackClient::FeedbackClient(const std::string& address) {
  const auto channel = ChannelTo(address);
  feedback_ = feedback::v1::FeedbackService::NewStub(channel);
  signals_ = feedback::v1::SignalService::NewStub(channel);
}

grpc::Status FeedbackClient::Ingest(const std::vector<feedback::v1::Signal>& signals,
                                    feedback::v1::IngestResponse* response,
                                    absl::Duration timeout) {
  Context context(timeout);
  feedback::v1::IngestRequest request;
  request.set_parent(kParent);
  request.mutable_signals()->Add(signals.begin(), signals.end());
  return feedback_->Ingest(&context, request, response);
}

grpc::Status FeedbackClient::Stream(const std::vector<std::vector<feedback::v1::Signal>>& batches,
                                    feedback::v1::StreamIngestResponse* response) {
  Context context;
  const auto writer = feedback_->StreamIngest(&context, response);
  for (const auto& batch : batches) {
    feedback::v1::StreamIngestRequest request;
    request.set_parent(kParent);
    request.mutable_signals()->Add(batch.begin(), batch.end());
    if (!writer->Write(request)) break;
  }
  writer->WritesDone();
  return writer->Finish();
}

std::optional<std::vector<Change>> FeedbackClient::Pull(std::string* cursor,
                                                        const std::string& until) {
  std::vector<Change> changes;
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  feedback::v1::PullFeedResponse page;
  do {
    Context context;
    feedback::v1::PullFeedRequest request;
    request.set_parent(kParent);
    request.set_cursor(*cursor);
    request.set_limit(10'000);
    const grpc::Status status = feedback_->PullFeed(&context, request, &page);
    if (!status.ok()) {
      ADD_FAILURE() << "PullFeed: " << status.error_message();
      return std::nullopt;
    }
    std::move(page.mutable_changes()->begin(), page.mutable_changes()->end(),
              std::back_inserter(changes));
    *cursor = page.next_cursor();
    if (page.at_end() && *cursor < until && absl::Now() > deadline) {
      ADD_FAILURE() << "the feed ends at '" << *cursor << "', before '" << until << "'";
      break;
    }
  } while (!page.at_end() || *cursor < until);
  return changes;
}

std::vector<StoredSignal> FeedbackClient::List(const std::string& filter,
                                               const std::string& min_position) {
  std::vector<StoredSignal> signals;
  feedback::v1::ListSignalsRequest request;
  request.set_parent(kParent);
  request.set_filter(filter);
  request.set_order_by("event_time");
  request.set_page_size(1000);
  request.set_min_position(min_position);
  do {
    Context context;
    feedback::v1::ListSignalsResponse page;
    const grpc::Status status = signals_->ListSignals(&context, request, &page);
    if (!status.ok()) {
      ADD_FAILURE() << "ListSignals " << filter << ": " << status.error_message();
      break;
    }
    std::move(page.mutable_signals()->begin(), page.mutable_signals()->end(),
              std::back_inserter(signals));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return signals;
}

grpc::Status FeedbackClient::TryList(const std::string& filter, const std::string& min_position,
                                     absl::Duration timeout) {
  Context context(timeout);
  feedback::v1::ListSignalsRequest request;
  request.set_parent(kParent);
  request.set_filter(filter);
  request.set_min_position(min_position);
  feedback::v1::ListSignalsResponse response;
  return signals_->ListSignals(&context, request, &response);
}

std::optional<StoredSignal> FeedbackClient::Get(const std::string& source,
                                                const std::string& external_id) {
  Context context;
  feedback::v1::GetSignalRequest request;
  request.set_parent(kParent);
  request.set_source(source);
  request.set_external_id(external_id);
  StoredSignal stored;
  const grpc::Status status = signals_->GetSignal(&context, request, &stored);
  if (status.ok()) return stored;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND)
      << source << "/" << external_id << ": " << status.error_message();
  return std::nullopt;
}

feedback::v1::Conversation FeedbackClient::Conversation(const std::string& source,
                                                        const std::string& id,
                                                        const std::string& min_position) {
  Context context;
  feedback::v1::GetConversationRequest request;
  request.set_parent(kParent);
  request.set_source(source);
  request.set_conversation(id);
  request.set_min_position(min_position);
  feedback::v1::Conversation conversation;
  const grpc::Status status = signals_->GetConversation(&context, request, &conversation);
  EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::NOT_FOUND)
      << id << ": " << status.error_message();
  return conversation;
}

FeedbackProcess::FeedbackProcess(std::string database, Process::Environment environment)
    : database_(std::move(database)),
      environment_(std::move(environment)),
      address_("127.0.0.1:0") {
  Restart();
}

void FeedbackProcess::Spawn() {
  process_ = std::make_unique<Process>(
      std::vector<std::string>{testing::BinaryPath("waymark-feedback"), "--database", database_,
                               "--listen", address_},
      environment_);
}

void FeedbackProcess::Restart() {
  Spawn();
  const std::string address = AddressIn(process_->WaitForLine("listening"));
  if (address.empty()) {
    ADD_FAILURE() << "waymark-feedback did not start: " << process_->err();
    return;
  }
  address_ = address;
  client_ = std::make_unique<FeedbackClient>(address_);
}

void FeedbackProcess::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

void FeedbackProcess::KillWhileStarting(absl::Duration after) {
  Spawn();
  absl::SleepFor(after);
  Kill();
}

bool FeedbackProcess::ready() {
  // The log line of the admin port names its address.
  const std::string log = process_->err();
  const size_t line = log.find("admin port open");
  const size_t at = log.find("127.0.0.1:", line);
  if (line == std::string::npos || at == std::string::npos) return false;
  const std::string address = log.substr(at, log.find_first_not_of("0123456789.:", at) - at);
  return testing::Run(
             {"curl", "-fsS", "-o", "/dev/null", absl::StrCat("http://", address, "/readyz")})
             .code == 0;
}

int Rounds(int light, int heavy) {
  const char* set = getenv("WAYMARK_HEAVY");
  return set != nullptr && *set != '\0' ? heavy : light;
}

}  // namespace waymark::system_test
