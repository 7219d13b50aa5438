#include "services/feedback/quarantine_store.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/status_macros.h"
#include "services/feedback/erasure_store.h"
#include "services/feedback/errors.h"
#include "services/feedback/outcomes.h"

namespace waymark::feedback {
namespace {

using google::protobuf::util::TimeUtil;
using sql::Connection;
using sql::Value;

constexpr size_t kIdsPerStatement = 50;
constexpr size_t kContentDigits = 16;
constexpr int kRowsPerStatement = 32;

// A row to be written.
struct Kept {
  std::string tenant;
  std::string id;
  // Empty when the source's id is not valid.
  std::string source;
  uint64_t content = 0;
  v1::QuarantinedSignal record;
};

std::string MakeId(const Hash128& key, uint64_t content) {
  return absl::StrFormat("%016x%016x", key.lo, content);
}

std::string NameOf(absl::string_view tenant, absl::string_view id) {
  return absl::StrCat("tenants/", tenant, "/quarantinedSignals/", id);
}

absl::StatusOr<v1::QuarantinedSignal> Parse(absl::string_view bytes) {
  v1::QuarantinedSignal record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a quarantined signal cannot be read");
  }
  return record;
}

absl::Status SetSignal(absl::string_view bytes, v1::QuarantinedSignal* record) {
  if (!record->mutable_signal()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InternalError("a prepared signal cannot be parsed");
  }
  return absl::OkStatus();
}

absl::StatusOr<Kept> Keep(const Submission& batch, const Rejected& one) {
  Kept kept{.tenant = batch.tenant, .id = MakeId(one.key, one.content), .content = one.content};
  if (one.source >= 0) kept.source = batch.sources[one.source];
  WM_RETURN_IF_ERROR(SetSignal(one.signal, &kept.record));
  kept.record.mutable_reasons()->Assign(one.reasons.begin(), one.reasons.end());
  return kept;
}

absl::StatusOr<Kept> Keep(const Submission& batch, const Candidate& one) {
  Kept kept{.tenant = batch.tenant,
            .id = MakeId(one.key, one.content),
            .source = batch.sources[one.source],
            .content = one.content};
  WM_RETURN_IF_ERROR(SetSignal(batch.payload_of(one), &kept.record));
  kept.record.add_reasons(kConflictReason);
  kept.record.set_conflict(true);
  return kept;
}

bool Stays(const Rejected& one) { return one.outcome == v1::INGEST_OUTCOME_QUARANTINED; }
bool Stays(const Candidate& one) { return one.outcome == v1::INGEST_OUTCOME_CONFLICT; }

// Calls `visit` for each signal of `batch` that goes to quarantine or stays there.
template <typename Visit>
absl::Status ForEachKept(const Submission& batch, Visit visit) {
  for (const Rejected& one : batch.rejected) {
    if (Stays(one)) WM_RETURN_IF_ERROR(visit(one));
  }
  for (const Candidate& one : batch.candidates) {
    if (Stays(one)) WM_RETURN_IF_ERROR(visit(one));
  }
  return absl::OkStatus();
}

// Ids by tenant, in one order, so that two replicas do not deadlock.
using Ids = std::map<std::string, std::set<std::string>>;

bool Has(const Ids& ids, const std::string& tenant, const std::string& id) {
  const auto it = ids.find(tenant);
  return it != ids.end() && it->second.contains(id);
}

// Runs `sql`, which ends in "id IN (", for a part of `ids` at a time; $1 is the tenant.
template <typename Range, typename Visit>
absl::Status ForIds(Connection& connection, absl::string_view sql, absl::string_view end,
                    absl::string_view tenant, const Range& ids, Visit visit) {
  for (auto it = ids.begin(); it != ids.end();) {
    std::vector<Value> params = {Value(tenant)};
    std::string text(sql);
    // Always as many, so that the statement is prepared once.
    for (size_t i = 0; i < kIdsPerStatement; ++i) {
      absl::StrAppend(&text, i == 0 ? "$" : ", $", i + 2);
      params.push_back(it == ids.end() ? params.back() : Value(*it++));
    }
    absl::StrAppend(&text, ")", end);
    WM_ASSIGN_OR_RETURN(const sql::Result result, connection.Execute(text, params));
    WM_RETURN_IF_ERROR(visit(result));
  }
  return absl::OkStatus();
}

// Removes those signals of a replay for which `gone(signal, id of its row)`.
template <typename Gone>
void Drop(Submission* batch, Gone gone) {
  const auto is_gone = [&](const auto& one) { return gone(one, batch->replays[one.ordinal].id); };
  std::erase_if(batch->rejected, is_gone);
  std::erase_if(batch->candidates, is_gone);
}

absl::Status Insert(Connection& connection, std::vector<Kept> kept, absl::Time now) {
  if (kept.empty()) return absl::OkStatus();
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) {
    return std::tie(a.tenant, a.id) < std::tie(b.tenant, b.id);
  });
  std::vector<Value> values;
  const int64_t micros = absl::ToUnixMicros(now);
  for (Kept& one : kept) {
    one.record.set_name(NameOf(one.tenant, one.id));
    *one.record.mutable_record_time() = TimeUtil::MicrosecondsToTimestamp(micros);
    values.insert(values.end(), {Value(one.tenant), Value(one.id), Value(one.source), Value(micros),
                                 Value::Bytes(one.record.SerializeAsString())});
  }
  constexpr absl::string_view kColumns[] = {"tenant", "id", "source", "record_time", "record"};
  return connection.BulkInsert("quarantine", kColumns, values, sql::OnConflict::kDoNothing)
      .status();
}

// It keeps its name and the time at which it first came in.
absl::Status Replace(Connection& connection, const Replayed& row, Kept kept) {
  kept.record.set_name(NameOf(kept.tenant, row.id));
  *kept.record.mutable_record_time() = row.record_time;
  const Value params[] = {kept.tenant, row.id, Value::Bytes(kept.record.SerializeAsString()),
                          kept.content};
  return connection
      .Execute("UPDATE quarantine SET record = $3, content = $4 WHERE tenant = $1 AND id = $2",
               params)
      .status();
}

absl::Status SettleReplays(Connection& connection, absl::Span<Submission* const> replays) {
  Ids settled;
  for (const Submission* batch : replays) {
    for (const Candidate& one : batch->candidates) {
      // The row of one that is turned away goes with the others of its customer.
      if (one.outcome == v1::INGEST_OUTCOME_ERASED) continue;
      if (!Stays(one)) settled[batch->tenant].insert(batch->replays[one.ordinal].id);
    }
  }
  for (Submission* batch : replays) {
    // Another call's replay of the same row, committed together with this one, has won.
    Drop(batch, [&](const auto& one, const std::string& id) {
      return Stays(one) && Has(settled, batch->tenant, id);
    });
    WM_RETURN_IF_ERROR(ForEachKept(*batch, [&](const auto& one) -> absl::Status {
      const Replayed& row = batch->replays[one.ordinal];
      if (!row.mended) return absl::OkStatus();
      WM_ASSIGN_OR_RETURN(Kept kept, Keep(*batch, one));
      return Replace(connection, row, std::move(kept));
    }));
  }
  for (const auto& [tenant, ids] : settled) {
    WM_RETURN_IF_ERROR(ForIds(connection, "DELETE FROM quarantine WHERE tenant = $1 AND id IN (",
                              "", tenant, ids,
                              [](const sql::Result&) { return absl::OkStatus(); }));
  }
  return absl::OkStatus();
}

uint64_t ContentOfId(absl::string_view id) {
  uint64_t content = 0;
  if (id.size() < kContentDigits ||
      !absl::SimpleHexAtoi(id.substr(id.size() - kContentDigits), &content)) {
    return 0;
  }
  return content;
}

}  // namespace

absl::Status QuarantineStore::LockReplayed(Connection& connection,
                                           absl::Span<Submission* const> batches) {
  Ids wanted, found;
  for (const Submission* batch : batches) {
    for (const Replayed& one : batch->replays) wanted[batch->tenant].insert(one.id);
  }
  const bool postgres = connection.dialect() == sql::Dialect::kPostgres;
  for (const auto& [tenant, ids] : wanted) {
    std::set<std::string>& there = found[tenant];
    WM_RETURN_IF_ERROR(ForIds(connection, "SELECT id FROM quarantine WHERE tenant = $1 AND id IN (",
                              postgres ? " ORDER BY id FOR UPDATE" : "", tenant, ids,
                              [&](const sql::Result& result) {
                                for (const sql::Row row : result) there.insert(row.Text(0));
                                return absl::OkStatus();
                              }));
  }
  for (Submission* batch : batches) {
    if (batch->replays.empty()) continue;
    Drop(batch, [&](const auto&, const std::string& id) { return !Has(found, batch->tenant, id); });
  }
  return absl::OkStatus();
}

absl::Status QuarantineStore::Settle(Connection& connection, absl::Span<Submission* const> batches,
                                     absl::Time now) {
  std::vector<Kept> kept;
  std::vector<Submission*> replays;
  for (Submission* batch : batches) {
    if (!batch->replays.empty()) {
      replays.push_back(batch);
      continue;
    }
    WM_RETURN_IF_ERROR(ForEachKept(*batch, [&](const auto& one) -> absl::Status {
      WM_ASSIGN_OR_RETURN(Kept row, Keep(*batch, one));
      kept.push_back(std::move(row));
      return absl::OkStatus();
    }));
  }
  WM_RETURN_IF_ERROR(Insert(connection, std::move(kept), now));
  return SettleReplays(connection, replays);
}

absl::StatusOr<std::vector<QuarantineStore::Identity>> QuarantineStore::NextIdentities(
    Connection& connection, absl::string_view tenant, absl::string_view after, int limit) {
  const Value params[] = {tenant, after, limit};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute("SELECT id, record FROM quarantine "
                                         "WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3",
                                         params));
  std::vector<Identity> identities;
  for (const sql::Row row : result) {
    WM_ASSIGN_OR_RETURN(const v1::QuarantinedSignal record, Parse(row.View(1)));
    const v1::Signal& signal = record.signal();
    identities.push_back({row.Text(0), signal.source(), signal.external_id(), signal.customer()});
  }
  return identities;
}

absl::StatusOr<bool> QuarantineStore::Delete(Connection& connection, absl::string_view tenant,
                                             absl::string_view id) {
  const Value params[] = {tenant, id};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("DELETE FROM quarantine WHERE tenant = $1 AND id = $2", params));
  return result.rows_affected() > 0;
}

absl::StatusOr<QuarantineStore::Page> QuarantineStore::List(absl::string_view tenant,
                                                            absl::string_view source, Key after,
                                                            int limit, int64_t max_bytes) const {
  Page page;
  WM_RETURN_IF_ERROR(database_->RunRead([&](Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(page, ReadPage(connection, tenant, source, after, limit, max_bytes));
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<QuarantineStore::Page> QuarantineStore::ReadPage(Connection& connection,
                                                                absl::string_view tenant,
                                                                absl::string_view source, Key after,
                                                                int limit, int64_t max_bytes) {
  WM_ASSIGN_OR_RETURN(const PendingErasures erasures, PendingErasures::Read(connection));
  Page page;
  if (after.id.empty()) after.record_time = INT64_MAX;
  for (int64_t bytes = 0;;) {
    const int wanted =
        std::min(kRowsPerStatement, limit + 1 - static_cast<int>(page.signals.size()));
    const Value params[] = {tenant, source, after.record_time, after.id, wanted};
    WM_ASSIGN_OR_RETURN(
        const sql::Result result,
        connection.Execute("SELECT record, record_time, id FROM quarantine WHERE tenant = $1 AND "
                           "(record_time, id) < ($3, $4) AND ($2 = '' OR source = $2) "
                           "ORDER BY record_time DESC, id DESC LIMIT $5",
                           params));
    for (const sql::Row row : result) {
      page.more = static_cast<int>(page.signals.size()) == limit || bytes >= max_bytes;
      if (page.more) return page;
      WM_ASSIGN_OR_RETURN(v1::QuarantinedSignal record, Parse(row.View(0)));
      after = {row.Int(1), row.Text(2)};
      if (erasures.Covers(tenant, record.signal().customer())) continue;
      bytes += static_cast<int64_t>(row.View(0).size());
      page.signals.push_back(std::move(record));
    }
    if (static_cast<int>(result.size()) < wanted) return page;
  }
}

absl::StatusOr<std::vector<std::optional<QuarantineStore::Row>>> QuarantineStore::Find(
    absl::string_view tenant, absl::Span<const std::string> ids, int64_t max_bytes) const {
  absl::flat_hash_map<std::string, Row> found;
  WM_RETURN_IF_ERROR(database_->RunRead([&](Connection& connection) -> absl::Status {
    found.clear();
    WM_ASSIGN_OR_RETURN(const PendingErasures erasures, PendingErasures::Read(connection));
    int64_t bytes = 0;
    return ForIds(connection,
                  "SELECT id, content, record FROM quarantine WHERE tenant = $1 AND id IN (", "",
                  tenant, ids, [&](const sql::Result& result) -> absl::Status {
                    for (const sql::Row row : result) {
                      bytes += static_cast<int64_t>(row.View(2).size());
                      if (bytes > max_bytes) return BatchTooLarge(bytes, max_bytes);
                      Row one;
                      one.content = row.IsNull(1) ? ContentOfId(row.View(0))
                                                  : static_cast<uint64_t>(row.Int(1));
                      WM_ASSIGN_OR_RETURN(one.record, Parse(row.View(2)));
                      if (erasures.Covers(tenant, one.record.signal().customer())) continue;
                      found[row.View(0)] = std::move(one);
                    }
                    return absl::OkStatus();
                  });
  }));
  std::vector<std::optional<Row>> rows;
  for (const std::string& id : ids) {
    const auto it = found.find(id);
    rows.push_back(it == found.end() ? std::nullopt : std::optional<Row>(it->second));
  }
  return rows;
}

absl::StatusOr<bool> QuarantineStore::Delete(absl::string_view tenant, absl::string_view id) const {
  bool deleted = false;
  WM_RETURN_IF_ERROR(database_->RunTransaction([&](Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(deleted, Delete(connection, tenant, id));
    return absl::OkStatus();
  }));
  return deleted;
}

}  // namespace waymark::feedback
