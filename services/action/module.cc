#include "services/action/module.h"

#include <utility>

#include "absl/memory/memory.h"
#include "libs/base/status_macros.h"

namespace waymark::action {

absl::StatusOr<std::unique_ptr<ActionModule>> ActionModule::Create(const Options& options,
                                                                   const Deps& deps) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open(options.database));
  return absl::WrapUnique(new ActionModule(std::move(store), deps));
}

ActionModule::ActionModule(std::unique_ptr<Store> store, const Deps& deps)
    : store_(std::move(store)),
      scoring_(MakeScoringClient(deps.scoring)),
      models_(store_.get(), scoring_.get(), deps.environment.clock),
      service_(&models_, deps.environment) {}

std::vector<rpc::NamedService> ActionModule::services() {
  return {{v1::ActionService::service_full_name(), &service_}};
}

}  // namespace waymark::action
