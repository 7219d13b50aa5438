// What grpcurl, buf curl and their like do before they call anything.
#include "google/protobuf/descriptor.pb.h"
#include "tests/api/schema.h"
#include "tests/api/server.h"
#include "waymark/action/v1/action_service.pb.h"
#include "waymark/feedback/v1/customer_erasure_service.pb.h"
#include "waymark/feedback/v1/feedback_service.pb.h"
#include "waymark/feedback/v1/quarantine_service.pb.h"
#include "waymark/feedback/v1/signal_service.pb.h"
#include "waymark/feedback/v1/source_service.pb.h"
#include "waymark/journey/v1/discovery_service.pb.h"
#include "waymark/journey/v1/journey_service.pb.h"
#include "waymark/scoring/v1/scoring_service.pb.h"

namespace waymark::api_test {
namespace {

using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;
using ::testing::ElementsAre;

class ReflectionTest : public ApiTest {
 protected:
  static ServerReflectionRequest AskForSymbol(const std::string& symbol) {
    ServerReflectionRequest request;
    request.set_file_containing_symbol(symbol);
    return request;
  }
  // The name of the first file in the answer, "" when it is an error.
  static std::string FileOf(const ServerReflectionResponse& response) {
    google::protobuf::FileDescriptorProto file;
    const auto& files = response.file_descriptor_response().file_descriptor_proto();
    return !files.empty() && file.ParseFromString(files[0]) ? file.name() : "";
  }
};

TEST_F(ReflectionTest, ListsEveryService) {
  EXPECT_THAT(
      server_->schema().services(),
      ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                  "waymark.action.v1.ActionService", "waymark.feedback.v1.CustomerErasureService",
                  "waymark.feedback.v1.CustomerService", "waymark.feedback.v1.FeedbackService",
                  "waymark.feedback.v1.QuarantineService", "waymark.feedback.v1.SignalService",
                  "waymark.feedback.v1.SourceService", "waymark.journey.v1.DiscoveryService",
                  "waymark.journey.v1.JourneyService", "waymark.scoring.v1.ScoringService"));
}

TEST_F(ReflectionTest, GivesEachServiceWithAllThatItImports) {
  for (const std::string& name : server_->schema().services()) {
    EXPECT_NE(server_->schema().Service(name), nullptr) << name << ", or a file it imports";
  }
}

TEST_F(ReflectionTest, DescribesTheApiOfThePublishedProtos) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  // A message of each file, so that the file is part of this program.
  const google::protobuf::Message* linked[] = {
      &action::v1::GetActionRequest::default_instance(),
      &feedback::v1::GetCustomerErasureRequest::default_instance(),
      &feedback::v1::IngestRequest::default_instance(),
      &feedback::v1::GetQuarantinedSignalRequest::default_instance(),
      &feedback::v1::GetSignalRequest::default_instance(),
      &feedback::v1::GetSourceRequest::default_instance(),
      &journey::v1::DiscoverGraphRequest::default_instance(),
      &journey::v1::GetPersonaRequest::default_instance(),
      &scoring::v1::ListInsightsRequest::default_instance()};
  for (const google::protobuf::Message* message : linked) {
    const auto* file = message->GetDescriptor()->file();
    ASSERT_EQ(file->service_count(), 1) << file->name();
    const auto* published = pool->FindServiceByName(file->service(0)->full_name());
    const auto* sent = server_->schema().Service(published->full_name());
    ASSERT_NE(sent, nullptr) << published->full_name();
    EXPECT_EQ(sent->file()->DebugString(), published->file()->DebugString());
  }
}

TEST_F(ReflectionTest, FindsTheFileOfAnyKindOfSymbol) {
  const std::pair<const char*, const char*> files_of[] = {
      {"waymark.feedback.v1.Signal", "waymark/feedback/v1/signal.proto"},
      {"waymark.feedback.v1.ChatMessage.Author", "waymark/feedback/v1/signal.proto"},
      {"waymark.feedback.v1.Signal.event_time", "waymark/feedback/v1/signal.proto"},
      {"waymark.common.v1.ErrorReason", "waymark/common/v1/error_reason.proto"},
      {"waymark.journey.v1.JourneyService.GetPersona", "waymark/journey/v1/journey_service.proto"},
      {"google.protobuf.Timestamp", "google/protobuf/timestamp.proto"}};
  for (const auto& [symbol, file] : files_of) {
    EXPECT_EQ(FileOf(Reflect(server_->channel(), {AskForSymbol(symbol)})[0]), file) << symbol;
  }
  ServerReflectionRequest by_name;
  by_name.set_file_by_filename("waymark/feedback/v1/feed.proto");
  EXPECT_EQ(FileOf(Reflect(server_->channel(), {by_name})[0]), "waymark/feedback/v1/feed.proto");
}

TEST_F(ReflectionTest, AnUnknownSymbolIsAnErrorWithinTheStreamWhichGoesOn) {
  const auto responses = Reflect(
      server_->channel(), {AskForSymbol("waymark.Nothing"), AskForSymbol("waymark.common.v1.Money"),
                           ServerReflectionRequest()});
  EXPECT_EQ(responses[0].error_response().error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(responses[0].original_request().file_containing_symbol(), "waymark.Nothing");
  EXPECT_EQ(FileOf(responses[1]), "waymark/common/v1/money.proto");
  EXPECT_EQ(responses[2].error_response().error_code(), grpc::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace waymark::api_test
