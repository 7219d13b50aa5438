#include "services/feedback/replacer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "services/feedback/correction.h"
#include "services/feedback/errors.h"
#include "services/feedback/revision_store.h"

namespace waymark::feedback {
namespace {

// How long work that another replica left unfinished may lie.
constexpr absl::Duration kPollInterval = absl::Seconds(2);
constexpr int64_t kPageBytes = 4 << 20;

// What a page is placed by: the newest catalogue, then the older ones.
struct Engines {
  std::vector<std::unique_ptr<PlacementEngine>> by_catalogue;
  // nullptr: none.
  std::shared_ptr<const Corrections> corrections;
};

absl::StatusOr<Engines> ReadEngines(sql::Connection& connection, const std::string& tenant,
                                    const Scan& scan, CorrectionStore* corrections) {
  Engines engines;
  WM_ASSIGN_OR_RETURN(const auto newest, RevisionStore::Newest(connection, Subject::kCorrections));
  const auto corrected = newest.find(tenant);
  if (corrected != newest.end()) {
    WM_ASSIGN_OR_RETURN(engines.corrections,
                        corrections->Of(connection, tenant, corrected->second));
  }
  std::vector<int64_t> revisions = {scan.revision};
  revisions.insert(revisions.end(), scan.older_revisions.begin(), scan.older_revisions.end());
  for (const int64_t revision : revisions) {
    WM_ASSIGN_OR_RETURN(const v1::TouchpointCatalogue catalogue,
                        CatalogueStore::Read(connection, tenant, revision));
    engines.by_catalogue.push_back(std::make_unique<PlacementEngine>(catalogue));
  }
  return engines;
}

// Whether the newest catalogue places the signal elsewhere than any other, where it matters: what
// people corrected stays where they put it.
bool IsMoved(const Engines& engines, const Hash128& key, const v1::Signal& signal) {
  std::shared_ptr<const v1::Enrichment> correction;
  if (engines.corrections != nullptr) correction = engines.corrections->Find(key);
  const auto place = [&](const PlacementEngine& engine) {
    v1::Enrichment enrichment = engine.Place(signal);
    if (correction != nullptr) ApplyCorrection(*correction, signal, &enrichment);
    return enrichment;
  };
  const auto& all = engines.by_catalogue;
  const v1::Enrichment now = place(*all.front());
  return std::any_of(all.begin() + 1, all.end(),
                     [&](const auto& older) { return !SamePlacements(now, place(*older)); });
}

absl::Status AddMoved(const Block& block, const Engines& engines, ReplacementPage* page) {
  absl::Status status;
  v1::Signal signal;
  WM_RETURN_IF_ERROR(ReadEntries(
      block.keys, block.payload, [&](const EntryHeader& header, absl::string_view payload) {
        const Position position = {block.tx, block.seq, header.index};
        if (position <= page->from || !HoldsSignal(header.kind) ||
            header.kind == EntryKind::kDeleted) {
          return true;
        }
        if (!signal.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
          status = JournalDamaged("a signal");
          return false;
        }
        if (IsMoved(engines, header.key, signal))
          page->entries.push_back({{header.key, position}, header});
        return true;
      }));
  return status;
}

}  // namespace

Replacer::Replacer(Store* store, const PlacementStores& placements, Writer* writer)
    : store_(store), placements_(placements), writer_(writer) {}

Replacer::~Replacer() { Stop(); }

void Replacer::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Replacer::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void Replacer::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool Replacer::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Replacer::Run() {
  const auto has_work = [this]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return woken_ || stopping_; };
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithTimeout(absl::Condition(&has_work), kPollInterval);
      if (stopping_) return;
      woken_ = false;
    }
    if (const absl::Status status = ScanAll(); !status.ok()) {
      LogLine(LogLevel::kWarning, "signals not placed anew").Add("error", status.ToString());
    }
  }
}

absl::Status Replacer::ScanAll() {
  WM_ASSIGN_OR_RETURN(const std::vector<std::string> tenants,
                      placements_.catalogues->TenantsToScan());
  for (const std::string& tenant : tenants) {
    bool more = true;
    while (more && !stopping()) {
      WM_ASSIGN_OR_RETURN(more, ScanPage(tenant));
    }
  }
  return absl::OkStatus();
}

// Does one page; false when the scan has ended.
absl::StatusOr<bool> Replacer::ScanPage(const std::string& tenant) {
  Scan scan;
  Position end;
  ReplacementPage page;
  WM_RETURN_IF_ERROR(store_->database().RunRead([&](sql::Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(scan, CatalogueStore::ReadScan(connection, tenant));
    if (scan.older_revisions.empty()) return absl::OkStatus();
    WM_ASSIGN_OR_RETURN(end, Store::End(connection));
    if (scan.end == Position()) return absl::OkStatus();
    WM_ASSIGN_OR_RETURN(page, ReadPage(connection, tenant, scan));
    return absl::OkStatus();
  }));
  if (scan.older_revisions.empty()) return false;
  // What is committed after the catalogue is only ever read together with it, so the end as it was
  // at any time after that is far enough.
  if (scan.end == Position() && !(end == Position())) {
    WM_RETURN_IF_ERROR(placements_.catalogues->SetScanEnd(tenant, scan.revision, end));
    return true;
  }
  if (page.to == scan.scanned) {
    WM_RETURN_IF_ERROR(placements_.catalogues->EndScan(tenant, scan.revision));
    return false;
  }
  WM_RETURN_IF_ERROR(writer_->Append(page));
  return true;
}

// The next page; ends where it starts when there is nothing more.
absl::StatusOr<ReplacementPage> Replacer::ReadPage(sql::Connection& connection,
                                                   const std::string& tenant, const Scan& scan) {
  ReplacementPage page = {
      .tenant = tenant, .revision = scan.revision, .from = scan.scanned, .to = scan.scanned};
  if (scan.scanned >= scan.end) return page;
  WM_ASSIGN_OR_RETURN(const Engines engines,
                      ReadEngines(connection, tenant, scan, placements_.corrections));
  WM_ASSIGN_OR_RETURN(const std::vector<Block> blocks,
                      Store::NextBlocks(connection, tenant, scan.scanned, kPageBytes));
  for (const Block& block : blocks) {
    WM_RETURN_IF_ERROR(AddMoved(block, engines, &page));
    page.to = {block.tx, block.seq, block.last_index};
  }
  return page;
}

}  // namespace waymark::feedback
