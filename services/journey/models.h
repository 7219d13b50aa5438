#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/clock.h"
#include "services/journey/catalogue_outbox.h"
#include "services/journey/store.h"
#include "waymark/journey/v1/journey_service.pb.h"

namespace waymark::journey {

/// A journey map with what it refers to.
struct MapWithParts {
  v1::JourneyMap map;
  /// Of its steps; each once.
  std::vector<v1::Touchpoint> touchpoints;
  std::optional<v1::Persona> persona;
};

/// Touchpoints, personas and journey maps: what may be done to them and what follows from it. The
/// names in requests must be well-formed and of one tenant. Each method answers as the RPC of its
/// name, which lists the errors. Thread-safe.
class Models {
 public:
  /// Borrows all; they must outlive the models.
  Models(Store* store, CatalogueOutbox* outbox, Clock* clock)
      : store_(store), outbox_(outbox), clock_(clock) {}

  /// `Resource` is Touchpoint, Persona or JourneyMap (its latest revision). NOT_FOUND when there is
  /// none called `name`.
  template <typename Resource>
  absl::StatusOr<Resource> Get(const std::string& name);
  /// At most `limit` with ids above `after`, by id.
  template <typename Resource>
  absl::StatusOr<std::vector<Resource>> List(absl::string_view tenant, absl::string_view after,
                                             int64_t limit);

  /// Also tries once to have signals placed by the new rules before it returns.
  absl::StatusOr<v1::Touchpoint> UpdateTouchpoint(absl::string_view tenant,
                                                  const v1::UpdateTouchpointRequest& request);
  absl::StatusOr<v1::Touchpoint> DeleteTouchpoint(absl::string_view tenant,
                                                  const v1::DeleteTouchpointRequest& request);

  absl::StatusOr<v1::Persona> UpdatePersona(const v1::UpdatePersonaRequest& request);
  absl::StatusOr<v1::Persona> DeletePersona(const v1::DeletePersonaRequest& request);

  absl::StatusOr<v1::JourneyMap> GetJourneyMap(const v1::GetJourneyMapRequest& request);
  absl::StatusOr<v1::JourneyMap> UpdateJourneyMap(absl::string_view tenant,
                                                  const v1::UpdateJourneyMapRequest& request);
  absl::StatusOr<v1::JourneyMap> DeleteJourneyMap(const v1::DeleteJourneyMapRequest& request);

  /// The latest revision of the map called `name`, and its parts in the same state of the store.
  absl::StatusOr<MapWithParts> GetMapWithParts(absl::string_view tenant, const std::string& name);

 private:
  /// The common course of an update. `write(session, stored, updated)` writes `updated`; it is not
  /// called when nothing changed.
  template <typename Resource, typename Request, typename Write>
  absl::StatusOr<Resource> Update(const Resource& given, const Request& request, Write write);
  /// `before(session)` may refuse.
  template <typename Resource, typename Request, typename Before>
  absl::StatusOr<Resource> Delete(const Request& request, Before before);

  /// Raises the catalogue's revision in the transaction of `session`.
  absl::Status RaiseCatalogue(Session& session, absl::string_view tenant);

  Store* const store_;
  CatalogueOutbox* const outbox_;
  Clock* const clock_;
};

}  // namespace waymark::journey
