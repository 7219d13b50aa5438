#include "services/scoring/module.h"

#include <utility>

#include "absl/memory/memory.h"
#include "libs/base/status_macros.h"

namespace waymark::scoring {

absl::StatusOr<std::unique_ptr<ScoringModule>> ScoringModule::Create(const Options& options,
                                                                     const Deps& deps) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<cache::Cache> cache,
                      cache::Open(options.cache, deps.environment.clock));
  return absl::WrapUnique(new ScoringModule(std::move(cache), deps));
}

ScoringModule::ScoringModule(std::unique_ptr<cache::Cache> cache, const Deps& deps)
    : cache_(std::move(cache)),
      feed_(MakeFeedClient(deps.feedback)),
      journey_(MakeJourneyClient(deps.journey)),
      consumer_(feed_.get(), &projection_),
      service_(&projection_, &consumer_, journey_.get(), cache_.get(), deps.environment) {}

std::vector<rpc::NamedService> ScoringModule::services() {
  return {{v1::ScoringService::service_full_name(), &service_}};
}

absl::Status ScoringModule::Start() {
  consumer_.Start();
  return absl::OkStatus();
}

void ScoringModule::Stop() { consumer_.Stop(); }

}  // namespace waymark::scoring
