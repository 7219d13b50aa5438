#pragma once

#include "libs/base/clock.h"
#include "libs/metrics/registry.h"
#include "libs/rpc/admission.h"
#include "libs/rpc/tenants.h"

namespace waymark::rpc {

/// What a process gives to each of its modules. All pointers outlive the modules.
struct Environment {
  Clock* clock = nullptr;
  TenantRegistry* tenants = nullptr;
  metrics::Registry* metrics = nullptr;
  AdmissionOptions admission;
};

}  // namespace waymark::rpc
