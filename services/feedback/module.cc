#include "services/feedback/module.h"

#include <utility>

#include "libs/base/status_macros.h"

namespace waymark::feedback {

absl::StatusOr<std::unique_ptr<FeedbackModule>> FeedbackModule::Create(const Options& options,
                                                                       const Deps& deps) {
  const rpc::Environment& environment = deps.environment;
  std::unique_ptr<FeedbackModule> module(new FeedbackModule(deps.index));
  WM_ASSIGN_OR_RETURN(module->databases_, OpenDatabases(options.database));
  WM_ASSIGN_OR_RETURN(module->store_, Store::Open(module->databases_.journal.get()));
  WM_ASSIGN_OR_RETURN(module->index_,
                      IndexStore::Open(module->databases_.index(), *module->store_));
  module->sources_ = std::make_unique<SourceStore>(module->databases_.journal.get());
  module->source_schemas_ = std::make_unique<SourceSchemaStore>(module->databases_.index());
  module->quarantine_ = std::make_unique<QuarantineStore>(module->databases_.journal.get());
  module->catalogues_ = std::make_unique<CatalogueStore>(module->databases_.journal.get());
  const PlacementStores placements = {module->catalogues_.get(), &module->corrections_};
  WM_ASSIGN_OR_RETURN(std::unique_ptr<JournalStore> journal,
                      JournalStore::Create(module->store_.get(), environment.clock));
  const IngestMetrics metrics(environment.metrics);
  module->writer_ = std::make_unique<Writer>(
      std::move(journal), &module->commits_,
      WriterOptions{.max_queued_bytes = options.max_queued_bytes}, metrics);
  module->feed_ = std::make_unique<Feed>(module->store_.get(), placements, &module->commits_);
  module->replacer_ =
      std::make_unique<Replacer>(module->store_.get(), placements, module->writer_.get());
  module->indexer_ =
      std::make_unique<Indexer>(module->store_.get(), module->index_.get(), &module->commits_,
                                environment.clock, IndexMetrics(environment.metrics),
                                [writer = module->writer_.get()] { return writer->saturated(); });
  module->ingestor_ = std::make_unique<Ingestor>(
      module->store_->hash_key(), module->writer_.get(),
      IndexLagBound{.waiting = [indexer = module->indexer_.get()] { return indexer->waiting(); },
                    .most = options.max_index_lag},
      metrics);
  module->reader_ = std::make_unique<SignalReader>(module->store_.get(), module->index_.get(),
                                                   placements, module->writer_.get());
  module->corrector_ = std::make_unique<Corrector>(module->store_.get(), module->writer_.get());
  module->customer_links_ =
      std::make_unique<CustomerLinks>(module->store_.get(), module->writer_.get());
  module->service_ = std::make_unique<FeedbackServiceImpl>(
      environment, ServiceParts{.ingestor = module->ingestor_.get(),
                                .feed = module->feed_.get(),
                                .catalogues = module->catalogues_.get(),
                                .replacer = module->replacer_.get()});
  module->source_service_ = std::make_unique<SourceServiceImpl>(
      environment, module->sources_.get(), module->source_schemas_.get(), module->index_.get(),
      module->indexer_.get());
  module->quarantine_service_ = std::make_unique<QuarantineServiceImpl>(
      environment, module->quarantine_.get(), module->ingestor_.get());
  module->signal_service_ = std::make_unique<SignalServiceImpl>(
      environment, module->reader_.get(), module->indexer_.get(), module->corrector_.get());
  module->customer_service_ =
      std::make_unique<CustomerServiceImpl>(environment, module->customer_links_.get());
  module->erasures_ = std::make_unique<ErasureStore>(module->databases_.journal.get());
  module->eraser_ =
      std::make_unique<Eraser>(module->store_.get(), module->erasures_.get(), module->index_.get(),
                               module->writer_.get(), environment.clock);
  module->customer_erasure_service_ = std::make_unique<CustomerErasureServiceImpl>(
      environment, module->eraser_.get(), module->erasures_.get());
  return module;
}

FeedbackModule::~FeedbackModule() { Stop(); }

std::vector<rpc::NamedService> FeedbackModule::services() {
  return {{v1::FeedbackService::service_full_name(), service_.get()},
          {v1::SignalService::service_full_name(), signal_service_.get()},
          {v1::SourceService::service_full_name(), source_service_.get()},
          {v1::QuarantineService::service_full_name(), quarantine_service_.get()},
          {v1::CustomerService::service_full_name(), customer_service_.get()},
          {v1::CustomerErasureService::service_full_name(), customer_erasure_service_.get()}};
}

absl::Status FeedbackModule::Start() {
  writer_->Start();
  replacer_->Start();
  if (index_signals_) indexer_->Start();
  eraser_->Start();
  return absl::OkStatus();
}

void FeedbackModule::Stop() {
  if (eraser_ != nullptr) eraser_->Stop();
  if (indexer_ != nullptr) indexer_->Stop();
  if (replacer_ != nullptr) replacer_->Stop();
  if (writer_ != nullptr) writer_->Stop();
}

absl::Status FeedbackModule::Ready() {
  WM_RETURN_IF_ERROR(databases_.journal->Ping());
  return writer_->last_error();
}

}  // namespace waymark::feedback
