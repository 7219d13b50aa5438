#include "services/feedback/table_key_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using sql::Row;
using sql::Value;

int64_t Signed(uint64_t number) { return static_cast<int64_t>(number); }
uint64_t Unsigned(int64_t number) { return static_cast<uint64_t>(number); }

// An array parameter: '{1,2,3}', to be cast to BIGINT[].
class ArrayText {
 public:
  void Add(int64_t number) { absl::StrAppend(&text_, text_.size() > 1 ? "," : "", number); }
  Value Finish() { return Value(text_ + "}"); }

 private:
  std::string text_ = "{";
};

// Keys as two array parameters.
template <typename Range, typename KeyOf>
std::vector<Value> KeyParams(const Range& range, KeyOf key_of) {
  ArrayText his, los;
  for (const auto& one : range) {
    const Hash128 key = key_of(one);
    his.Add(Signed(key.hi));
    los.Add(Signed(key.lo));
  }
  return {his.Finish(), los.Finish()};
}

Hash128 KeyFrom(const Row& row) { return {Unsigned(row.Int(0)), Unsigned(row.Int(1))}; }

}  // namespace

absl::StatusOr<int64_t> TableKeyStore::Insert(sql::Connection& connection,
                                              absl::Span<const Candidate* const> firsts) {
  std::vector<Value> values;
  values.reserve(firsts.size() * 8);
  for (const Candidate* one : firsts) {
    for (const int64_t cell :
         {Signed(one->key.hi), Signed(one->key.lo), one->revision, Signed(one->content),
          int64_t{one->partial}, Signed(one->position.tx), Signed(one->position.seq),
          int64_t{one->position.index}}) {
      values.emplace_back(cell);
    }
  }
  constexpr absl::string_view kColumns[] = {"key_hi",  "key_lo", "revision", "content",
                                            "partial", "tx",     "seq",      "entry"};
  const auto insert = [&](sql::OnConflict on_conflict) {
    return connection.BulkInsert("signal_keys", kColumns, values, on_conflict);
  };
  if (expect_known_ > 0) {
    WM_ASSIGN_OR_RETURN(const int64_t inserted, insert(sql::OnConflict::kDoNothing));
    expect_known_ =
        inserted < static_cast<int64_t>(firsts.size()) ? kExpectKnown : expect_known_ - 1;
    return inserted;
  }
  absl::StatusOr<int64_t> inserted = insert(sql::OnConflict::kFail);
  if (!absl::IsAlreadyExists(inserted.status())) return inserted;
  expect_known_ = kExpectKnown;
  return MakeError(absl::StatusCode::kAborted, "STORE_CONFLICT", "some keys are known");
}

// Rows that another transaction is inserting have made Insert wait for it, so all are there now.
absl::Status TableKeyStore::ReadAndLock(const CommitContext& context,
                                        absl::Span<const Candidate* const> firsts,
                                        KnownKeys* known) {
  const auto params = KeyParams(firsts, [](const Candidate* one) { return one->key; });
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      context.connection->Execute(
          "SELECT key_hi, key_lo, revision, content, partial, tx, seq, entry FROM signal_keys "
          "JOIN unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[])) AS given(hi, lo) "
          "ON key_hi = given.hi AND key_lo = given.lo "
          "ORDER BY key_hi, key_lo FOR UPDATE OF signal_keys",
          params));
  for (const Row row : result) {
    Known& one = (*known)[KeyFrom(row)];
    one.ours = Unsigned(row.Int(5)) == context.tx;
    one.state = {.key = KeyFrom(row),
                 .revision = row.Int(2),
                 .content = Unsigned(row.Int(3)),
                 .partial = row.Bool(4),
                 .position = {Unsigned(row.Int(5)), Unsigned(row.Int(6)),
                              static_cast<uint32_t>(row.Int(7))}};
  }
  return absl::OkStatus();
}

absl::Status TableKeyStore::ResolveAll(const CommitContext& context,
                                       absl::Span<Candidate* const> candidates, KnownKeys* known) {
  for (Candidate* candidate : candidates) {
    Known& one = (*known)[candidate->key];
    if (one.ours && one.state.position == candidate->position) {
      candidate->outcome = v1::INGEST_OUTCOME_RECORDED;
      continue;
    }
    const uint64_t known_tx = one.state.position.tx;
    if (!ResolveKnown(one.state, candidate)) continue;
    // The feed is read in order of transaction ids: this revision must not come before the known
    // one. A new transaction has a higher id than any that has committed.
    if (known_tx > context.tx) {
      return MakeError(absl::StatusCode::kAborted, "STORE_CONFLICT",
                       "a known revision has a later transaction");
    }
    one.state = StateOf(*candidate);
    one.changed = true;
  }
  return absl::OkStatus();
}

absl::Status TableKeyStore::Update(sql::Connection& connection, const KnownKeys& known) {
  std::vector<const KeyState*> changed;
  for (const auto& [key, one] : known) {
    if (one.changed) changed.push_back(&one.state);
  }
  if (changed.empty()) return absl::OkStatus();
  std::vector<Value> params = KeyParams(changed, [](const KeyState* one) { return one->key; });
  ArrayText revisions, contents, partials, txs, seqs, entries;
  for (const KeyState* one : changed) {
    revisions.Add(one->revision);
    contents.Add(Signed(one->content));
    partials.Add(one->partial);
    txs.Add(Signed(one->position.tx));
    seqs.Add(Signed(one->position.seq));
    entries.Add(one->position.index);
  }
  for (ArrayText* array : {&revisions, &contents, &partials, &txs, &seqs, &entries}) {
    params.push_back(array->Finish());
  }
  return connection
      .Execute(
          "UPDATE signal_keys SET revision = given.revision, content = given.content, "
          "partial = given.partial, tx = given.tx, seq = given.seq, entry = given.entry "
          "FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]), "
          "CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[]), "
          "CAST($7 AS BIGINT[]), CAST($8 AS BIGINT[])) "
          "AS given(hi, lo, revision, content, partial, tx, seq, entry) "
          "WHERE key_hi = given.hi AND key_lo = given.lo",
          params)
      .status();
}

absl::Status TableKeyStore::Resolve(const CommitContext& context,
                                    absl::Span<Candidate* const> candidates) {
  if (candidates.empty()) return absl::OkStatus();
  KnownKeys known;
  known.reserve(candidates.size());
  std::vector<const Candidate*> firsts;
  firsts.reserve(candidates.size());
  for (const Candidate* candidate : candidates) {
    if (known.try_emplace(candidate->key, Known{StateOf(*candidate)}).second) {
      firsts.push_back(candidate);
    }
  }
  std::sort(firsts.begin(), firsts.end(),
            [](const Candidate* a, const Candidate* b) { return a->key < b->key; });
  WM_ASSIGN_OR_RETURN(const int64_t inserted, Insert(*context.connection, firsts));
  if (inserted < static_cast<int64_t>(firsts.size())) {
    WM_RETURN_IF_ERROR(ReadAndLock(context, firsts, &known));
  }
  WM_RETURN_IF_ERROR(ResolveAll(context, candidates, &known));
  return Update(*context.connection, known);
}

absl::StatusOr<std::optional<Position>> TableKeyStore::Find(sql::Connection& connection,
                                                            const Hash128& key) {
  return Select(connection, key, "");
}

absl::StatusOr<std::optional<Position>> TableKeyStore::FindAndLock(sql::Connection& connection,
                                                                   const Hash128& key) {
  return Select(connection, key, " FOR UPDATE");
}

absl::StatusOr<std::optional<Position>> TableKeyStore::Select(sql::Connection& connection,
                                                              const Hash128& key,
                                                              absl::string_view lock) {
  const Value params[] = {Signed(key.hi), Signed(key.lo)};
  WM_ASSIGN_OR_RETURN(const sql::Result result,
                      connection.Execute(absl::StrCat("SELECT tx, seq, entry FROM signal_keys "
                                                      "WHERE key_hi = $1 AND key_lo = $2",
                                                      lock),
                                         params));
  if (result.empty() || result[0].Int(0) == 0) return std::nullopt;
  return Position{Unsigned(result[0].Int(0)), Unsigned(result[0].Int(1)),
                  static_cast<uint32_t>(result[0].Int(2))};
}

absl::StatusOr<std::vector<std::optional<Position>>> TableKeyStore::FindAll(
    sql::Connection& connection, absl::Span<const Hash128> keys) {
  if (keys.empty()) return std::vector<std::optional<Position>>();
  const auto params = KeyParams(keys, [](const Hash128& key) { return key; });
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT key_hi, key_lo, tx, seq, entry FROM signal_keys "
                         "JOIN unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[])) AS given(hi, lo) "
                         "ON key_hi = given.hi AND key_lo = given.lo",
                         params));
  absl::flat_hash_map<Hash128, Position> positions;
  for (const Row row : result) {
    positions[KeyFrom(row)] = {Unsigned(row.Int(2)), Unsigned(row.Int(3)),
                               static_cast<uint32_t>(row.Int(4))};
  }
  std::vector<std::optional<Position>> found;
  for (const Hash128& key : keys) {
    const auto it = positions.find(key);
    found.push_back(it == positions.end() ? std::nullopt : std::optional(it->second));
  }
  return found;
}

absl::StatusOr<std::vector<bool>> TableKeyStore::AreLive(sql::Connection& connection,
                                                         absl::Span<const EntryReference> entries) {
  std::vector<Hash128> keys;
  for (const EntryReference& entry : entries) keys.push_back(entry.key);
  WM_ASSIGN_OR_RETURN(const auto positions, FindAll(connection, keys));
  std::vector<bool> live;
  for (size_t i = 0; i < entries.size(); ++i) live.push_back(positions[i] == entries[i].position);
  return live;
}

absl::Status TableKeyStore::Erase(sql::Connection& connection,
                                  absl::Span<const EntryReference> entries) {
  if (entries.empty()) return absl::OkStatus();
  std::vector<Value> params = KeyParams(entries, [](const EntryReference& one) { return one.key; });
  ArrayText txs, seqs, indexes;
  for (const EntryReference& one : entries) {
    txs.Add(Signed(one.position.tx));
    seqs.Add(Signed(one.position.seq));
    indexes.Add(one.position.index);
  }
  for (ArrayText* array : {&txs, &seqs, &indexes}) params.push_back(array->Finish());
  return connection
      .Execute(
          "UPDATE signal_keys SET revision = 0, content = 0, partial = 0, tx = 0, seq = 0, "
          "entry = 0 FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), "
          "CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[])) "
          "AS given(hi, lo, tx, seq, entry) WHERE key_hi = given.hi AND key_lo = given.lo "
          "AND signal_keys.tx = given.tx AND signal_keys.seq = given.seq "
          "AND signal_keys.entry = given.entry",
          params)
      .status();
}

absl::StatusOr<bool> TableKeyStore::EraseUnknown(sql::Connection& connection, const Hash128& key) {
  const Value params[] = {Signed(key.hi), Signed(key.lo)};
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("INSERT INTO signal_keys (key_hi, key_lo, revision, content, partial, tx, "
                         "seq, entry) VALUES ($1, $2, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
                         params));
  return result.rows_affected() == 1;
}

}  // namespace waymark::feedback
