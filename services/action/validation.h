#pragma once

#include "absl/strings/string_view.h"
#include "libs/rpc/validation.h"
#include "waymark/action/v1/action.pb.h"
#include "waymark/action/v1/case.pb.h"
#include "waymark/action/v1/programme.pb.h"

namespace waymark::action {

// Each adds everything that is wrong with a resource of `tenant`. Whether what it refers to exists
// is not looked at, nor are the fields that the server sets.

/// For a resource to be made. An action may lack what Models::CreateAction completes.
void CheckNew(absl::string_view tenant, const v1::Programme& programme,
              rpc::Violations& violations);
void CheckNew(absl::string_view tenant, const v1::Action& action, rpc::Violations& violations);
void CheckNew(absl::string_view tenant, const v1::Case& a_case, rpc::Violations& violations);

/// For `changed`, which is to take the place of `stored`.
void CheckChange(absl::string_view tenant, const v1::Programme& stored,
                 const v1::Programme& changed, rpc::Violations& violations);
void CheckChange(absl::string_view tenant, const v1::Action& stored, const v1::Action& changed,
                 rpc::Violations& violations);
void CheckChange(absl::string_view tenant, const v1::Case& stored, const v1::Case& changed,
                 rpc::Violations& violations);

}  // namespace waymark::action
