#include "services/journey/catalogue_outbox.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"

namespace waymark::journey {
namespace {

/// The rules of `touchpoints`, in their order, as feedback knows them.
feedback::v1::TouchpointCatalogue MakeCatalogue(const std::string& tenant, int64_t revision,
                                                const std::vector<v1::Touchpoint>& touchpoints) {
  const size_t id_begin = absl::StrCat("tenants/", tenant, "/touchpoints/").size();
  feedback::v1::TouchpointCatalogue catalogue;
  catalogue.set_name(absl::StrCat("tenants/", tenant, "/touchpointCatalogue"));
  catalogue.set_revision(revision);
  for (const v1::Touchpoint& touchpoint : touchpoints) {
    for (const v1::PlacementRule& rule : touchpoint.rules()) {
      feedback::v1::PlacementRule& added = *catalogue.add_rules();
      added.set_touchpoint(touchpoint.name().substr(id_begin));
      added.set_source(rule.source());
      added.set_question(rule.question());
      added.set_activity(rule.activity());
      added.set_channel(rule.channel());
    }
  }
  return catalogue;
}

}  // namespace

void CatalogueOutbox::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CatalogueOutbox::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void CatalogueOutbox::Run() {
  absl::Duration backoff = options_.first_backoff;
  do {
    const absl::Status status = DeliverPending();
    if (status.ok()) {
      backoff = options_.first_backoff;
      if (!Sleep(options_.interval)) return;
      continue;
    }
    LogLine(LogLevel::kWarning, "touchpoint catalogue not delivered")
        .Add("error", status.ToString());
    if (!Sleep(backoff)) return;
    backoff = std::min(2 * backoff, options_.interval);
  } while (true);
}

bool CatalogueOutbox::Sleep(absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  const auto due = [this] {
    mutex_.AssertReaderHeld();
    return stopping_ || woken_;
  };
  mutex_.AwaitWithTimeout(absl::Condition(&due), pause);
  woken_ = false;
  return !stopping_;
}

absl::Status CatalogueOutbox::DeliverPending() {
  std::vector<std::string> tenants;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(tenants, session.PendingCatalogues());
    return absl::OkStatus();
  }));
  absl::Status result;
  for (const std::string& tenant : tenants) {
    result.Update(Deliver(tenant, options_.background_timeout));
  }
  return result;
}

absl::Status CatalogueOutbox::Deliver(const std::string& tenant, absl::Duration timeout) {
  feedback::v1::TouchpointCatalogue catalogue;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(const int64_t revision, session.CatalogueRevision(tenant));
    WM_ASSIGN_OR_RETURN(
        const std::vector<v1::Touchpoint> touchpoints,
        session.List<v1::Touchpoint>(tenant, "", std::numeric_limits<int64_t>::max()));
    catalogue = MakeCatalogue(tenant, revision, touchpoints);
    return absl::OkStatus();
  }));
  WM_ASSIGN_OR_RETURN(const feedback::v1::TouchpointCatalogue known,
                      feedback_->PushCatalogue(catalogue, timeout));
  if (known.revision() <= catalogue.revision()) {
    return store_->Write([&](Session& session) {
      return session.AcknowledgeCatalogue(tenant, catalogue.revision());
    });
  }
  // Feedback remembers a later catalogue: this database was put back to an earlier state.
  WM_RETURN_IF_ERROR(store_->Write([&](Session& session) {
    return session.RaiseCatalogueRevision(tenant, known.revision() + 1);
  }));
  return absl::AbortedError(absl::StrCat("feedback knows revision ", known.revision(),
                                         " of the catalogue of '", tenant, "', above ",
                                         catalogue.revision()));
}

void CatalogueOutbox::DeliverNow(absl::string_view tenant) {
  const absl::Status status = Deliver(std::string(tenant), options_.foreground_timeout);
  if (status.ok()) return;
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

}  // namespace waymark::journey
