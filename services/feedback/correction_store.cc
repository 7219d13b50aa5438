#include "services/feedback/correction_store.h"

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using sql::Connection;
using sql::Value;

constexpr size_t kRowsPerQuery = 1000;

int64_t Signed(uint64_t number) { return static_cast<int64_t>(number); }
uint64_t Unsigned(int64_t number) { return static_cast<uint64_t>(number); }

absl::Status Parse(absl::string_view bytes, v1::Enrichment* correction) {
  if (!correction->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a correction cannot be read");
  }
  return absl::OkStatus();
}

}  // namespace

std::shared_ptr<const v1::Enrichment> Corrections::Find(const Hash128& key) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : it->second;
}

absl::StatusOr<std::shared_ptr<const Corrections>> CorrectionStore::Of(Connection& connection,
                                                                       const std::string& tenant,
                                                                       int64_t newest) {
  if (newest == 0) return nullptr;
  std::shared_ptr<Corrections> corrections;
  {
    absl::MutexLock lock(&mutex_);
    std::shared_ptr<Corrections>& known = tenants_[tenant];
    if (known == nullptr) known = std::make_shared<Corrections>();
    corrections = known;
  }
  absl::MutexLock lock(&corrections->mutex_);
  while (corrections->revision_ < newest) {
    const Value params[] = {tenant, corrections->revision_, newest, kRowsPerQuery};
    WM_ASSIGN_OR_RETURN(
        const sql::Result result,
        connection.Execute("SELECT key_hi, key_lo, revision, correction FROM signal_corrections "
                           "WHERE tenant = $1 AND revision > $2 AND revision <= $3 "
                           "ORDER BY revision LIMIT $4",
                           params));
    for (const sql::Row row : result) {
      auto correction = std::make_shared<v1::Enrichment>();
      WM_RETURN_IF_ERROR(Parse(row.View(3), correction.get()));
      corrections->by_key_[{Unsigned(row.Int(0)), Unsigned(row.Int(1))}] = std::move(correction);
      corrections->revision_ = row.Int(2);
    }
    if (result.size() < kRowsPerQuery) corrections->revision_ = newest;
  }
  return corrections;
}

absl::StatusOr<std::optional<CorrectionStore::Row>> CorrectionStore::Read(Connection& connection,
                                                                          absl::string_view tenant,
                                                                          const Hash128& key) {
  const Value params[] = {tenant, Signed(key.hi), Signed(key.lo)};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT tx, seq, entry, correction FROM signal_corrections "
                         "WHERE tenant = $1 AND key_hi = $2 AND key_lo = $3",
                         params));
  if (result.empty()) return std::nullopt;
  Row row;
  row.position = {Unsigned(result[0].Int(0)), Unsigned(result[0].Int(1)),
                  static_cast<uint32_t>(result[0].Int(2))};
  WM_RETURN_IF_ERROR(Parse(result[0].View(3), &row.correction));
  return row;
}

absl::Status CorrectionStore::Write(Connection& connection, absl::string_view tenant,
                                    const Hash128& key, const Row& row) {
  const Value params[] = {tenant,
                          Signed(key.hi),
                          Signed(key.lo),
                          row.correction.correction_revision(),
                          row.position.tx,
                          row.position.seq,
                          row.position.index,
                          Value::Bytes(row.correction.SerializeAsString())};
  return connection
      .Execute(
          "INSERT INTO signal_corrections (tenant, key_hi, key_lo, revision, tx, seq, entry, "
          "correction) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
          "ON CONFLICT (tenant, key_hi, key_lo) DO UPDATE SET revision = excluded.revision, "
          "tx = excluded.tx, seq = excluded.seq, entry = excluded.entry, "
          "correction = excluded.correction",
          params)
      .status();
}

}  // namespace waymark::feedback
