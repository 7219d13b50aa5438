#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/columns/snapshot.h"
#include "waymark/journey/v1/discovery_service.pb.h"

namespace waymark::journey {

using Interactions = std::shared_ptr<const columns::Snapshot>;

// Each answers a request from `interactions`; the answer's position is left to the caller. A
// request means the same as its canonical form. INVALID_ARGUMENT: a request that Check finds wrong.

absl::StatusOr<v1::DiscoverGraphResponse> Discover(const Interactions& interactions,
                                                   const v1::DiscoverGraphRequest& request);
absl::StatusOr<v1::DiscoverVariantsResponse> Discover(const Interactions& interactions,
                                                      const v1::DiscoverVariantsRequest& request);
absl::StatusOr<v1::ComputeFunnelResponse> Discover(const Interactions& interactions,
                                                   const v1::ComputeFunnelRequest& request);
/// A hand-off is an activity on a channel after which most cases that go on do so on another one.
absl::StatusOr<v1::DiscoverHandoffsResponse> Discover(const Interactions& interactions,
                                                      const v1::DiscoverHandoffsRequest& request);

// The request without what does not change the answer (tenant, position to wait for, order of
// sources) and with defaults filled in: equal questions have equal bytes.

v1::DiscoverGraphRequest Canonical(v1::DiscoverGraphRequest request);
v1::DiscoverVariantsRequest Canonical(v1::DiscoverVariantsRequest request);
v1::ComputeFunnelRequest Canonical(v1::ComputeFunnelRequest request);
v1::DiscoverHandoffsRequest Canonical(v1::DiscoverHandoffsRequest request);

}  // namespace waymark::journey
