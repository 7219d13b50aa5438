#include "services/standalone/module.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"
#include "services/action/module.h"
#include "services/feedback/module.h"
#include "services/journey/module.h"
#include "services/scoring/module.h"

namespace waymark::standalone {
namespace {

std::string StoreUrl(const Options& options, absl::string_view service) {
  return absl::StrCat("sqlite:", options.data, "/", service, "/", service, ".db");
}

}  // namespace

absl::StatusOr<std::unique_ptr<StandaloneModule>> StandaloneModule::Create(
    const Options& options, const rpc::Environment& environment) {
  auto standalone = absl::make_unique<StandaloneModule>();

  feedback::Options feedback_options;
  feedback_options.database = StoreUrl(options, "feedback");
  WM_ASSIGN_OR_RETURN(auto feedback, feedback::FeedbackModule::Create(
                                         feedback_options, {.environment = environment}));
  const auto feedback_channel = standalone->Add(std::move(feedback));

  journey::Options journey_options;
  journey_options.database = StoreUrl(options, "journey");
  journey_options.cache = options.cache;
  WM_ASSIGN_OR_RETURN(auto journey, journey::JourneyModule::Create(journey_options,
                                                                   {.environment = environment,
                                                                    .feedback = feedback_channel}));
  const auto journey_channel = standalone->Add(std::move(journey));

  scoring::Options scoring_options;
  scoring_options.cache = options.cache;
  WM_ASSIGN_OR_RETURN(
      auto scoring, scoring::ScoringModule::Create(scoring_options, {.environment = environment,
                                                                     .feedback = feedback_channel,
                                                                     .journey = journey_channel}));
  const auto scoring_channel = standalone->Add(std::move(scoring));

  action::Options action_options;
  action_options.database = StoreUrl(options, "action");
  WM_ASSIGN_OR_RETURN(
      auto action, action::ActionModule::Create(
                       action_options, {.environment = environment, .scoring = scoring_channel}));
  standalone->Add(std::move(action));
  return standalone;
}

std::shared_ptr<grpc::Channel> StandaloneModule::Add(std::unique_ptr<rpc::Module> module) {
  auto server = std::make_unique<rpc::InProcessServer>(module->services());
  std::shared_ptr<grpc::Channel> channel = server->channel();
  parts_.push_back({std::move(module), std::move(server)});
  return channel;
}

std::vector<rpc::NamedService> StandaloneModule::services() {
  std::vector<rpc::NamedService> all;
  for (const Part& part : parts_) {
    const std::vector<rpc::NamedService> services = part.module->services();
    all.insert(all.end(), services.begin(), services.end());
  }
  return all;
}

absl::Status StandaloneModule::Start() {
  for (const Part& part : parts_) WM_RETURN_IF_ERROR(part.module->Start());
  return absl::OkStatus();
}

void StandaloneModule::Drain() {
  for (const Part& part : parts_) part.module->Drain();
}

void StandaloneModule::Stop() {
  // Callers before those they call; a server ends when the last call to it has.
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    part->server.reset();
    part->module->Stop();
  }
}

absl::Status StandaloneModule::Ready() {
  for (const Part& part : parts_) WM_RETURN_IF_ERROR(part.module->Ready());
  return absl::OkStatus();
}

}  // namespace waymark::standalone
