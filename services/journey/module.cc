#include "services/journey/module.h"

#include <utility>

#include "absl/memory/memory.h"
#include "libs/base/status_macros.h"

namespace waymark::journey {

absl::StatusOr<std::unique_ptr<JourneyModule>> JourneyModule::Create(const Options& options,
                                                                     const Deps& deps) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open(options.database));
  WM_ASSIGN_OR_RETURN(std::unique_ptr<cache::Cache> cache,
                      cache::Open(options.cache, deps.environment.clock));
  return absl::WrapUnique(new JourneyModule(std::move(store), std::move(cache),
                                            MakeFeedbackClient(deps.feedback), deps.environment));
}

JourneyModule::JourneyModule(std::unique_ptr<Store> store, std::unique_ptr<cache::Cache> cache,
                             std::unique_ptr<Feedback> feedback,
                             const rpc::Environment& environment)
    : store_(std::move(store)),
      cache_(std::move(cache)),
      feedback_(std::move(feedback)),
      consumer_(feedback_.get(), &projection_),
      outbox_(store_.get(), feedback_.get()),
      models_(store_.get(), &outbox_, environment.clock),
      journey_service_(&models_, environment),
      discovery_service_(&projection_, &consumer_, cache_.get(), environment) {}

std::vector<rpc::NamedService> JourneyModule::services() {
  return {{v1::JourneyService::service_full_name(), &journey_service_},
          {v1::DiscoveryService::service_full_name(), &discovery_service_}};
}

absl::Status JourneyModule::Start() {
  consumer_.Start();
  outbox_.Start();
  return absl::OkStatus();
}

void JourneyModule::Stop() {
  outbox_.Stop();
  consumer_.Stop();
}

absl::Status JourneyModule::Ready() { return store_->Ping(); }

}  // namespace waymark::journey
