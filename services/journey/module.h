#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/cache/cache.h"
#include "libs/feed/consumer.h"
#include "libs/rpc/environment.h"
#include "libs/rpc/module.h"
#include "services/journey/catalogue_outbox.h"
#include "services/journey/discovery_service.h"
#include "services/journey/journey_service.h"
#include "services/journey/models.h"
#include "services/journey/options.h"
#include "services/journey/peers.h"
#include "services/journey/projection.h"
#include "services/journey/store.h"

namespace waymark::journey {

struct Deps {
  rpc::Environment environment;
  /// To the feedback service.
  std::shared_ptr<grpc::Channel> feedback;
};

/// The journey service: models journeys, and discovers the real ones. See rpc::Module.
class JourneyModule : public rpc::Module {
 public:
  /// Opens store and cache. As Store::Open and cache::Open.
  static absl::StatusOr<std::unique_ptr<JourneyModule>> Create(const Options& options,
                                                               const Deps& deps);

  std::vector<rpc::NamedService> services() override;
  absl::Status Start() override;
  void Stop() override;
  absl::Status Ready() override;

 private:
  JourneyModule(std::unique_ptr<Store> store, std::unique_ptr<cache::Cache> cache,
                std::unique_ptr<Feedback> feedback, const rpc::Environment& environment);

  const std::unique_ptr<Store> store_;
  const std::unique_ptr<cache::Cache> cache_;
  const std::unique_ptr<Feedback> feedback_;
  Projection projection_;
  feed::Consumer consumer_;
  CatalogueOutbox outbox_;
  Models models_;
  JourneyService journey_service_;
  DiscoveryService discovery_service_;
};

}  // namespace waymark::journey
