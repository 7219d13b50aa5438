#include "services/feedback/erasure_store.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Row;
using sql::Value;

constexpr char kSelect[] =
    "SELECT tenant, id, customer_hi, customer_lo, create_time, done_time, tx, seq, entry, stage, "
    "scanned, entries, quarantined, accepted_with FROM customer_erasures ";

Erasure ErasureFrom(const Row& row) {
  Erasure erasure = {
      .tenant = row.Text(0),
      .id = row.Text(1),
      .customer = {static_cast<uint64_t>(row.Int(2)), static_cast<uint64_t>(row.Int(3))},
      .create_time = absl::FromUnixMicros(row.Int(4))};
  if (!row.IsNull(5)) erasure.done_time = absl::FromUnixMicros(row.Int(5));
  erasure.position = {static_cast<uint64_t>(row.Int(6)), static_cast<uint64_t>(row.Int(7)),
                      static_cast<uint32_t>(row.Int(8))};
  erasure.stage = static_cast<ErasureStage>(row.Int(9));
  erasure.scanned = row.Text(10);
  erasure.entries = row.Int(11);
  erasure.quarantined = row.Int(12);
  erasure.accepted_with = row.Text(13);
  return erasure;
}

std::vector<Erasure> ErasuresFrom(const sql::Result& result) {
  std::vector<Erasure> erasures;
  for (const Row row : result) erasures.push_back(ErasureFrom(row));
  return erasures;
}

std::optional<Erasure> FirstFrom(const sql::Result& result) {
  return result.empty() ? std::nullopt : std::optional(ErasureFrom(result[0]));
}

}  // namespace

Hash128 CustomerHash(const HashKey& key, absl::string_view customer) {
  return SipHash128(key, customer);
}

absl::StatusOr<PendingErasures> PendingErasures::Read(Connection& connection) {
  PendingErasures pending;
  WM_ASSIGN_OR_RETURN(const sql::Result rows,
                      connection.Execute("SELECT tenant, customer_hi, customer_lo "
                                         "FROM customer_erasures WHERE done_time IS NULL"));
  if (rows.empty()) return pending;
  WM_ASSIGN_OR_RETURN(const sql::Result key,
                      connection.Execute("SELECT k0, k1 FROM hash_keys WHERE id = 1"));
  if (key.empty()) return absl::DataLossError("the store has lost its hash key");
  pending.key_ = {static_cast<uint64_t>(key[0].Int(0)), static_cast<uint64_t>(key[0].Int(1))};
  for (const Row row : rows) {
    const Hash128 customer = {static_cast<uint64_t>(row.Int(1)), static_cast<uint64_t>(row.Int(2))};
    pending.tenants_.insert(row.Text(0));
    pending.customers_.emplace(row.Text(0), customer);
    pending.shards_.insert(static_cast<uint32_t>(customer.lo));
  }
  return pending;
}

bool PendingErasures::Covers(absl::string_view tenant, absl::string_view customer) const {
  if (customers_.empty() || customer.empty()) return false;
  return customers_.contains(std::pair(std::string(tenant), CustomerHash(key_, customer)));
}

absl::StatusOr<std::optional<Erasure>> ErasureStore::FindByRequest(Connection& connection,
                                                                   absl::string_view tenant,
                                                                   absl::string_view request_id) {
  if (request_id.empty()) return std::nullopt;
  const Value params[] = {tenant, request_id};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute(absl::StrCat(kSelect, "WHERE tenant = $1 AND request_id = $2"), params));
  return FirstFrom(result);
}

absl::Status ErasureStore::Insert(Connection& connection, const Erasure& erasure,
                                  absl::string_view request_id) {
  const Value row[] = {erasure.tenant,
                       erasure.id,
                       request_id.empty() ? absl::string_view(erasure.id) : request_id,
                       static_cast<int64_t>(erasure.customer.hi),
                       static_cast<int64_t>(erasure.customer.lo),
                       absl::ToUnixMicros(erasure.create_time),
                       erasure.position.tx,
                       erasure.position.seq,
                       erasure.position.index,
                       erasure.accepted_with,
                       static_cast<int64_t>(erasure.stage),
                       erasure.scanned};
  return connection
      .Execute(
          "INSERT INTO customer_erasures (tenant, id, request_id, customer_hi, customer_lo, "
          "create_time, tx, seq, entry, accepted_with, stage, scanned, entries, quarantined) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0)",
          row)
      .status();
}

absl::StatusOr<bool> ErasureStore::Move(Connection& connection, const Erasure& erasure,
                                        absl::string_view scanned) {
  const Value params[] = {erasure.tenant, erasure.id, static_cast<int64_t>(erasure.stage),
                          erasure.scanned, scanned};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("UPDATE customer_erasures SET scanned = $5 "
                         "WHERE tenant = $1 AND id = $2 AND stage = $3 AND scanned = $4",
                         params));
  return result.rows_affected() == 1;
}

absl::Status ErasureStore::Count(Connection& connection, const Erasure& erasure, int64_t entries,
                                 int64_t quarantined) {
  if (entries == 0 && quarantined == 0) return absl::OkStatus();
  const Value params[] = {erasure.tenant, erasure.id, entries, quarantined};
  return connection
      .Execute(
          "UPDATE customer_erasures SET entries = entries + $3, quarantined = quarantined + $4 "
          "WHERE tenant = $1 AND id = $2",
          params)
      .status();
}

absl::Status ErasureStore::EndStage(const Erasure& erasure, absl::Time now) const {
  const auto next = static_cast<ErasureStage>(static_cast<int>(erasure.stage) + 1);
  return database_->RunTransaction([&](Connection& connection) {
    const Value params[] = {erasure.tenant, erasure.id, static_cast<int64_t>(erasure.stage),
                            static_cast<int64_t>(next),
                            next == ErasureStage::kDone ? Value(absl::ToUnixMicros(now)) : Value()};
    return connection
        .Execute(
            "UPDATE customer_erasures SET stage = $4, scanned = '', "
            "done_time = CAST($5 AS BIGINT) WHERE tenant = $1 AND id = $2 AND stage = $3",
            params)
        .status();
  });
}

absl::StatusOr<std::vector<Erasure>> ErasureStore::Pending(int limit) const {
  const Value params[] = {limit};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      database_->Query(absl::StrCat(kSelect,
                                                    "WHERE done_time IS NULL "
                                                    "ORDER BY tenant, id LIMIT $1"),
                                       params));
  return ErasuresFrom(result);
}

absl::StatusOr<std::optional<Erasure>> ErasureStore::Find(absl::string_view tenant,
                                                          absl::string_view id) const {
  const Value params[] = {tenant, id};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      database_->Query(absl::StrCat(kSelect, "WHERE tenant = $1 AND id = $2"), params));
  return FirstFrom(result);
}

absl::StatusOr<std::vector<Erasure>> ErasureStore::List(absl::string_view tenant,
                                                        absl::string_view before, int limit) const {
  const Value params[] = {tenant, before, limit};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      database_->Query(absl::StrCat(kSelect,
                                    "WHERE tenant = $1 AND (CAST($2 AS TEXT) = '' OR id < $2) "
                                    "ORDER BY id DESC LIMIT $3"),
                       params));
  return ErasuresFrom(result);
}

}  // namespace waymark::feedback
