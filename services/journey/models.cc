#include "services/journey/models.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/field_mask.h"
#include "services/journey/errors.h"
#include "services/journey/validation.h"

namespace waymark::journey {
namespace {

constexpr absl::string_view kOutputOnly[] = {"name", "etag", "create_time", "update_time",
                                             "revision"};
/// What feedback takes as one catalogue.
constexpr int kMaxCatalogueRules = 10000;
/// How many users of a resource an error names.
constexpr int64_t kMaxNamed = 5;

absl::Status NotFound(const v1::Touchpoint&, absl::string_view name) {
  return errors::TouchpointNotFound(name);
}
absl::Status NotFound(const v1::Persona&, absl::string_view name) {
  return errors::PersonaNotFound(name);
}
absl::Status NotFound(const v1::JourneyMap&, absl::string_view name) {
  return errors::JourneyMapNotFound(name);
}

/// The resource, or the error that says that it is missing.
template <typename Resource>
absl::StatusOr<Resource> Require(Session& session, const std::string& name) {
  WM_ASSIGN_OR_RETURN(std::optional<Resource> found, session.Find<Resource>(name));
  if (!found) return NotFound(Resource(), name);
  return *std::move(found);
}

void SetDefaults(v1::Touchpoint*) {}
void SetDefaults(v1::Persona*) {}
void SetDefaults(v1::JourneyMap* map) {
  if (map->kind() == v1::JourneyMap::KIND_UNSPECIFIED) map->set_kind(v1::JourneyMap::KIND_AS_IS);
}

void SetRevision(v1::Touchpoint*) {}
void SetRevision(v1::Persona*) {}
void SetRevision(v1::JourneyMap* map) { map->set_revision(map->revision() + 1); }

/// Notes a change of `resource` at `now`.
template <typename Resource>
void Stamp(absl::Time now, Resource* resource) {
  const int64_t micros = absl::ToUnixMicros(now);
  google::protobuf::Timestamp& time = *resource->mutable_update_time();
  time.set_seconds(micros / 1'000'000);
  time.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
  if (!resource->has_create_time()) *resource->mutable_create_time() = time;
  SetRevision(resource);
}

absl::Status CheckRuleCount(Session& session, absl::string_view tenant) {
  WM_ASSIGN_OR_RETURN(
      const std::vector<v1::Touchpoint> touchpoints,
      session.List<v1::Touchpoint>(tenant, "", std::numeric_limits<int64_t>::max()));
  int rules = 0;
  for (const v1::Touchpoint& touchpoint : touchpoints) rules += touchpoint.rules_size();
  if (rules <= kMaxCatalogueRules) return absl::OkStatus();
  return errors::InvalidFields(
      {{"rules", absl::StrCat(rules, " rules in all touchpoints together"),
        absl::StrCat("must be ", kMaxCatalogueRules, " at most; merge or drop some")}});
}

bool SameRules(const v1::Touchpoint& a, const v1::Touchpoint& b) {
  return std::equal(a.rules().begin(), a.rules().end(), b.rules().begin(), b.rules().end(),
                    google::protobuf::util::MessageDifferencer::Equals);
}

/// Names of the touchpoints under the steps of `map`, each once.
std::set<std::string> TouchpointsOf(absl::string_view tenant, const v1::JourneyMap& map) {
  std::set<std::string> names;
  for (const v1::Stage& stage : map.stages()) {
    for (const v1::Step& step : stage.steps()) {
      names.insert(absl::StrCat("tenants/", tenant, "/touchpoints/", step.touchpoint()));
    }
  }
  return names;
}

/// Refuses while a journey map uses the resource called `name`.
absl::Status CheckUnused(Session& session, const std::string& name) {
  WM_ASSIGN_OR_RETURN(const std::vector<std::string> maps, session.MapsThatUse(name, kMaxNamed));
  return maps.empty() ? absl::OkStatus() : errors::InUse(name, maps);
}

}  // namespace

template <typename Resource>
absl::StatusOr<Resource> Models::Get(const std::string& name) {
  Resource found;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(found, Require<Resource>(session, name));
    return absl::OkStatus();
  }));
  return found;
}

template <typename Resource>
absl::StatusOr<std::vector<Resource>> Models::List(absl::string_view tenant,
                                                   absl::string_view after, int64_t limit) {
  std::vector<Resource> page;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(page, session.List<Resource>(tenant, after, limit));
    return absl::OkStatus();
  }));
  return page;
}

template absl::StatusOr<v1::Touchpoint> Models::Get(const std::string&);
template absl::StatusOr<v1::Persona> Models::Get(const std::string&);
template absl::StatusOr<std::vector<v1::Touchpoint>> Models::List(absl::string_view,
                                                                  absl::string_view, int64_t);
template absl::StatusOr<std::vector<v1::Persona>> Models::List(absl::string_view, absl::string_view,
                                                               int64_t);
template absl::StatusOr<std::vector<v1::JourneyMap>> Models::List(absl::string_view,
                                                                  absl::string_view, int64_t);

template <typename Resource, typename Request, typename Write>
absl::StatusOr<Resource> Models::Update(const Resource& given, const Request& request,
                                        Write write) {
  Resource updated;
  WM_RETURN_IF_ERROR(store_->Write([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(const std::optional<Resource> found,
                        session.FindForChange<Resource>(given.name(), given.etag()));
    if (!found && !request.allow_missing()) return NotFound(given, given.name());
    const Resource stored = found.value_or(Resource());

    updated = stored;
    rpc::ApplyUpdateMask(given, request.update_mask(), kOutputOnly, updated);
    updated.set_name(given.name());
    SetDefaults(&updated);
    WM_RETURN_IF_ERROR(errors::InvalidFields(Check(updated)));
    if (google::protobuf::util::MessageDifferencer::Equals(updated, stored)) {
      return absl::OkStatus();
    }
    Stamp(clock_->Now(), &updated);
    return write(session, stored, updated);
  }));
  return updated;
}

template <typename Resource, typename Request, typename Before>
absl::StatusOr<Resource> Models::Delete(const Request& request, Before before) {
  Resource deleted;
  WM_RETURN_IF_ERROR(store_->Write([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(const std::optional<Resource> found,
                        session.FindForChange<Resource>(request.name(), request.etag()));
    if (!found) return NotFound(deleted, request.name());
    WM_RETURN_IF_ERROR(before(session));
    deleted = *found;
    return session.Remove<Resource>(request.name());
  }));
  return deleted;
}

absl::StatusOr<v1::Touchpoint> Models::UpdateTouchpoint(
    absl::string_view tenant, const v1::UpdateTouchpointRequest& request) {
  bool rules_changed = false;
  absl::StatusOr<v1::Touchpoint> result = Update(
      request.touchpoint(), request,
      [&](Session& session, const v1::Touchpoint& stored, v1::Touchpoint& updated) -> absl::Status {
        WM_RETURN_IF_ERROR(session.Put(updated));
        rules_changed = !SameRules(stored, updated);
        if (!rules_changed) return absl::OkStatus();
        WM_RETURN_IF_ERROR(CheckRuleCount(session, tenant));
        return RaiseCatalogue(session, tenant);
      });
  if (result.ok() && rules_changed) outbox_->DeliverNow(tenant);
  return result;
}

absl::StatusOr<v1::Touchpoint> Models::DeleteTouchpoint(
    absl::string_view tenant, const v1::DeleteTouchpointRequest& request) {
  absl::StatusOr<v1::Touchpoint> result =
      Delete<v1::Touchpoint>(request, [&](Session& session) -> absl::Status {
        WM_RETURN_IF_ERROR(CheckUnused(session, request.name()));
        return RaiseCatalogue(session, tenant);
      });
  if (result.ok()) outbox_->DeliverNow(tenant);
  return result;
}

absl::Status Models::RaiseCatalogue(Session& session, absl::string_view tenant) {
  // The time as a floor keeps revisions growing even when this database is replaced by a new one
  // while feedback keeps its copy.
  return session.RaiseCatalogueRevision(tenant, absl::ToUnixMicros(clock_->Now()));
}

absl::StatusOr<v1::Persona> Models::UpdatePersona(const v1::UpdatePersonaRequest& request) {
  return Update(request.persona(), request,
                [](Session& session, const v1::Persona&, v1::Persona& updated) {
                  return session.Put(updated);
                });
}

absl::StatusOr<v1::Persona> Models::DeletePersona(const v1::DeletePersonaRequest& request) {
  return Delete<v1::Persona>(
      request, [&](Session& session) { return CheckUnused(session, request.name()); });
}

absl::StatusOr<v1::JourneyMap> Models::GetJourneyMap(const v1::GetJourneyMapRequest& request) {
  v1::JourneyMap map;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    WM_ASSIGN_OR_RETURN(map, Require<v1::JourneyMap>(session, request.name()));
    if (request.revision() == 0) return absl::OkStatus();
    WM_ASSIGN_OR_RETURN(const auto found, session.FindRevision(request.name(), request.revision()));
    if (!found) {
      return errors::RevisionNotFound(request.name(), request.revision(), map.revision());
    }
    map = *found;
    return absl::OkStatus();
  }));
  return map;
}

absl::StatusOr<v1::JourneyMap> Models::UpdateJourneyMap(
    absl::string_view tenant, const v1::UpdateJourneyMapRequest& request) {
  return Update(
      request.journey_map(), request,
      [&](Session& session, const v1::JourneyMap&, v1::JourneyMap& updated) -> absl::Status {
        std::set<std::string> uses = TouchpointsOf(tenant, updated);
        for (const std::string& name : uses) {
          WM_RETURN_IF_ERROR(Require<v1::Touchpoint>(session, name).status());
        }
        if (!updated.persona().empty()) {
          WM_RETURN_IF_ERROR(Require<v1::Persona>(session, updated.persona()).status());
          uses.insert(updated.persona());
        }
        WM_RETURN_IF_ERROR(session.Put(updated));
        return session.PutRevision(updated, {uses.begin(), uses.end()});
      });
}

absl::StatusOr<v1::JourneyMap> Models::DeleteJourneyMap(
    const v1::DeleteJourneyMapRequest& request) {
  return Delete<v1::JourneyMap>(request, [](Session&) { return absl::OkStatus(); });
}

absl::StatusOr<MapWithParts> Models::GetMapWithParts(absl::string_view tenant,
                                                     const std::string& name) {
  MapWithParts parts;
  WM_RETURN_IF_ERROR(store_->Read([&](Session& session) -> absl::Status {
    parts = {};
    WM_ASSIGN_OR_RETURN(parts.map, Require<v1::JourneyMap>(session, name));
    for (const std::string& touchpoint : TouchpointsOf(tenant, parts.map)) {
      WM_ASSIGN_OR_RETURN(parts.touchpoints.emplace_back(),
                          Require<v1::Touchpoint>(session, touchpoint));
    }
    if (!parts.map.persona().empty()) {
      WM_ASSIGN_OR_RETURN(parts.persona, Require<v1::Persona>(session, parts.map.persona()));
    }
    return absl::OkStatus();
  }));
  return parts;
}

}  // namespace waymark::journey
