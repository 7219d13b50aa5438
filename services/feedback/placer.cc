#include "services/feedback/placer.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "services/feedback/correction.h"
#include "services/feedback/revision_store.h"

namespace waymark::feedback {
namespace {

int64_t At(const absl::flat_hash_map<std::string, int64_t>& revisions, const std::string& tenant) {
  const auto it = revisions.find(tenant);
  return it == revisions.end() ? 0 : it->second;
}

}  // namespace

absl::StatusOr<v1::Enrichment> Placer::Place(const std::string& tenant, const Hash128& key,
                                             const v1::Signal& signal) {
  WM_ASSIGN_OR_RETURN(const Tenant* known, Find(tenant));
  v1::Enrichment enrichment = known->engine->Place(signal);
  if (known->corrections == nullptr) return enrichment;
  const std::shared_ptr<const v1::Enrichment> correction = known->corrections->Find(key);
  if (correction != nullptr) ApplyCorrection(*correction, signal, &enrichment);
  return enrichment;
}

absl::StatusOr<const Placer::Tenant*> Placer::Find(const std::string& tenant) {
  if (!catalogue_revisions_.has_value()) {
    WM_ASSIGN_OR_RETURN(correction_revisions_,
                        RevisionStore::Newest(connection_, Subject::kCorrections));
    WM_ASSIGN_OR_RETURN(catalogue_revisions_, CatalogueStore::NewestRevisions(connection_));
  }
  const auto known = tenants_.find(tenant);
  if (known != tenants_.end()) return &known->second;
  Tenant found;
  WM_ASSIGN_OR_RETURN(found.engine, stores_.catalogues->Engine(connection_, tenant,
                                                               At(*catalogue_revisions_, tenant)));
  WM_ASSIGN_OR_RETURN(
      found.corrections,
      stores_.corrections->Of(connection_, tenant, At(correction_revisions_, tenant)));
  return &(tenants_[tenant] = std::move(found));
}

}  // namespace waymark::feedback
