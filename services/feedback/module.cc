#include "services/feedback/module.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status_macros.h"
#include "services/feedback/index_schema.h"

namespace waymark::feedback {
namespace {

// The journal is written in large blocks: large pages and a long write-ahead log suit it.
sql::DatabaseOptions JournalOptions() {
  sql::DatabaseOptions options;
  options.page_size = 32 << 10;
  options.wal_autocheckpoint = 512;
  return options;
}

// SQLite has one writer a file, and the journal shall not wait for what is derived from it:
// "sqlite:DIR/feedback.db" leads to "sqlite:DIR/feedback-index.db".
std::string IndexUrl(absl::string_view journal) {
  constexpr absl::string_view kExtension = ".db";
  if (absl::ConsumeSuffix(&journal, kExtension)) return absl::StrCat(journal, "-index", kExtension);
  return absl::StrCat(journal, "-index");
}

}  // namespace

absl::Status FeedbackModule::OpenIndex(const Options& options) {
  if (database_->dialect() == sql::Dialect::kSqlite) {
    WM_ASSIGN_OR_RETURN(index_file_, sql::Database::Open(IndexUrl(options.database)));
  }
  return sql::Migrate(index_database(), kIndexComponent, IndexMigrations());
}

absl::StatusOr<std::unique_ptr<FeedbackModule>> FeedbackModule::Create(const Options& options,
                                                                       const Deps& deps) {
  const rpc::Environment& environment = deps.environment;
  std::unique_ptr<FeedbackModule> module(new FeedbackModule());
  WM_ASSIGN_OR_RETURN(module->database_, sql::Database::Open(options.database, JournalOptions()));
  WM_ASSIGN_OR_RETURN(module->store_, Store::Open(module->database_.get()));
  WM_RETURN_IF_ERROR(module->OpenIndex(options));
  module->sources_ = std::make_unique<SourceStore>(module->database_.get());
  module->source_schemas_ = std::make_unique<SourceSchemaStore>(&module->index_database());
  module->quarantine_ = std::make_unique<QuarantineStore>(module->database_.get());
  module->catalogues_ = std::make_unique<CatalogueStore>(module->database_.get());
  WM_ASSIGN_OR_RETURN(std::unique_ptr<JournalStore> journal,
                      JournalStore::Create(module->store_.get(), environment.clock));
  const IngestMetrics metrics(environment.metrics);
  module->writer_ = std::make_unique<Writer>(std::move(journal), &module->commits_,
                                             options.max_queued_bytes, metrics);
  module->ingestor_ =
      std::make_unique<Ingestor>(module->store_->hash_key(), module->writer_.get(), metrics);
  module->feed_ =
      std::make_unique<Feed>(module->store_.get(), module->catalogues_.get(), &module->commits_);
  module->replacer_ = std::make_unique<Replacer>(module->store_.get(), module->catalogues_.get(),
                                                 module->writer_.get());
  module->service_ = std::make_unique<FeedbackServiceImpl>(
      environment, ServiceParts{.ingestor = module->ingestor_.get(),
                                .feed = module->feed_.get(),
                                .catalogues = module->catalogues_.get(),
                                .replacer = module->replacer_.get()});
  module->source_service_ = std::make_unique<SourceServiceImpl>(environment, module->sources_.get(),
                                                                module->source_schemas_.get());
  module->quarantine_service_ = std::make_unique<QuarantineServiceImpl>(
      environment, module->quarantine_.get(), module->ingestor_.get());
  return module;
}

FeedbackModule::~FeedbackModule() { Stop(); }

std::vector<rpc::NamedService> FeedbackModule::services() {
  return {{v1::FeedbackService::service_full_name(), service_.get()},
          {v1::SourceService::service_full_name(), source_service_.get()},
          {v1::QuarantineService::service_full_name(), quarantine_service_.get()}};
}

absl::Status FeedbackModule::Start() {
  writer_->Start();
  replacer_->Start();
  return absl::OkStatus();
}

void FeedbackModule::Stop() {
  if (replacer_ != nullptr) replacer_->Stop();
  if (writer_ != nullptr) writer_->Stop();
}

absl::Status FeedbackModule::Ready() {
  WM_RETURN_IF_ERROR(database_->Ping());
  return writer_->last_error();
}

}  // namespace waymark::feedback
