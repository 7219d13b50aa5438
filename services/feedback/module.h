#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/rpc/environment.h"
#include "libs/rpc/module.h"
#include "services/feedback/catalogue_store.h"
#include "services/feedback/commit_signal.h"
#include "services/feedback/corrector.h"
#include "services/feedback/customer_erasure_service.h"
#include "services/feedback/customer_links.h"
#include "services/feedback/customer_service.h"
#include "services/feedback/databases.h"
#include "services/feedback/eraser.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/feed.h"
#include "services/feedback/index_store.h"
#include "services/feedback/indexer.h"
#include "services/feedback/ingestor.h"
#include "services/feedback/options.h"
#include "services/feedback/quarantine_service.h"
#include "services/feedback/quarantine_store.h"
#include "services/feedback/replacer.h"
#include "services/feedback/service.h"
#include "services/feedback/signal_reader.h"
#include "services/feedback/signal_service.h"
#include "services/feedback/source_schema_store.h"
#include "services/feedback/source_service.h"
#include "services/feedback/source_store.h"
#include "services/feedback/store.h"
#include "services/feedback/writer.h"

namespace waymark::feedback {

/// The feedback service: takes signals in, durably and once, and serves the feed of what changed.
class FeedbackModule : public rpc::Module {
 public:
  struct Deps {
    rpc::Environment environment;
    /// Whether Start indexes what is recorded; not when the accept path alone is measured.
    bool index = true;
  };

  /// Opens the store and reads what it knows. Statuses are those of sql::Database::Open and
  /// sql::Migrate.
  static absl::StatusOr<std::unique_ptr<FeedbackModule>> Create(const Options& options,
                                                                const Deps& deps);
  ~FeedbackModule() override;

  std::vector<rpc::NamedService> services() override;
  absl::Status Start() override;
  void Stop() override;
  absl::Status Ready() override;

 private:
  explicit FeedbackModule(bool index) : index_signals_(index) {}

  const bool index_signals_;

  // In the order in which each uses those before it.
  Databases databases_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SourceStore> sources_;
  std::unique_ptr<SourceSchemaStore> source_schemas_;
  std::unique_ptr<QuarantineStore> quarantine_;
  std::unique_ptr<IndexStore> index_;
  std::unique_ptr<CatalogueStore> catalogues_;
  CorrectionStore corrections_;
  CommitSignal commits_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<Replacer> replacer_;
  std::unique_ptr<Indexer> indexer_;
  std::unique_ptr<Ingestor> ingestor_;
  std::unique_ptr<SignalReader> reader_;
  std::unique_ptr<Corrector> corrector_;
  std::unique_ptr<CustomerLinks> customer_links_;
  std::unique_ptr<FeedbackServiceImpl> service_;
  std::unique_ptr<SignalServiceImpl> signal_service_;
  std::unique_ptr<SourceServiceImpl> source_service_;
  std::unique_ptr<QuarantineServiceImpl> quarantine_service_;
  std::unique_ptr<CustomerServiceImpl> customer_service_;
  std::unique_ptr<ErasureStore> erasures_;
  std::unique_ptr<Eraser> eraser_;
  std::unique_ptr<CustomerErasureServiceImpl> customer_erasure_service_;
};

}  // namespace waymark::feedback
