#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/rpc/environment.h"
#include "libs/rpc/module.h"
#include "services/action/models.h"
#include "services/action/options.h"
#include "services/action/peers.h"
#include "services/action/service.h"
#include "services/action/store.h"

namespace waymark::action {

struct Deps {
  rpc::Environment environment;
  /// To the scoring service.
  std::shared_ptr<grpc::Channel> scoring;
};

/// The action service: keeps programmes, actions and cases, and says by the data whether an action
/// worked. See rpc::Module.
class ActionModule : public rpc::Module {
 public:
  /// Opens the store. As Store::Open.
  static absl::StatusOr<std::unique_ptr<ActionModule>> Create(const Options& options,
                                                              const Deps& deps);

  std::vector<rpc::NamedService> services() override;
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}
  absl::Status Ready() override { return store_->Ping(); }

 private:
  ActionModule(std::unique_ptr<Store> store, const Deps& deps);

  const std::unique_ptr<Store> store_;
  const std::unique_ptr<Scoring> scoring_;
  Models models_;
  ActionService service_;
};

}  // namespace waymark::action
