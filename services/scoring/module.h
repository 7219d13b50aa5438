#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/cache/cache.h"
#include "libs/feed/consumer.h"
#include "libs/rpc/environment.h"
#include "libs/rpc/module.h"
#include "services/scoring/options.h"
#include "services/scoring/peers.h"
#include "services/scoring/projection.h"
#include "services/scoring/service.h"

namespace waymark::scoring {

struct Deps {
  rpc::Environment environment;
  std::shared_ptr<grpc::Channel> feedback;
  std::shared_ptr<grpc::Channel> journey;
};

/// The scoring service: measures journeys and ranks what to fix. See rpc::Module.
class ScoringModule : public rpc::Module {
 public:
  /// Opens the cache. As cache::Open.
  static absl::StatusOr<std::unique_ptr<ScoringModule>> Create(const Options& options,
                                                               const Deps& deps);

  std::vector<rpc::NamedService> services() override;
  absl::Status Start() override;
  void Stop() override;

 private:
  ScoringModule(std::unique_ptr<cache::Cache> cache, const Deps& deps);

  const std::unique_ptr<cache::Cache> cache_;
  const std::unique_ptr<feed::ChangeSource> feed_;
  const std::unique_ptr<Journey> journey_;
  Projection projection_;
  feed::Consumer consumer_;
  ScoringService service_;
};

}  // namespace waymark::scoring
