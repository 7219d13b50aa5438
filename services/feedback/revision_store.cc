#include "services/feedback/revision_store.h"

#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using sql::Row;
using sql::Value;

absl::string_view NameOf(Subject subject) {
  return subject == Subject::kLinks ? "links" : "corrections";
}

}  // namespace

absl::StatusOr<int64_t> RevisionStore::Next(sql::Connection& connection, absl::string_view tenant,
                                            Subject subject) {
  const Value params[] = {tenant, NameOf(subject)};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("INSERT INTO tenant_revisions (tenant, subject, revision) "
                         "VALUES ($1, $2, 1) ON CONFLICT (tenant, subject) DO UPDATE SET "
                         "revision = tenant_revisions.revision + 1 RETURNING revision",
                         params));
  return result[0].Int(0);
}

absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> RevisionStore::Newest(
    sql::Connection& connection, Subject subject) {
  const Value params[] = {NameOf(subject)};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT tenant, revision FROM tenant_revisions WHERE subject = $1",
                         params));
  absl::flat_hash_map<std::string, int64_t> newest;
  for (const Row row : result) newest[row.Text(0)] = row.Int(1);
  return newest;
}

}  // namespace waymark::feedback
