#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "libs/sql/driver.h"
#include "libs/sql/postgres_wire.h"
#include "libs/sql/statement_cache.h"

namespace waymark::sql {
namespace {

constexpr size_t kCachedStatements = 256;
// How much longer than the statement timeout the client waits for a server that does not answer.
constexpr absl::Duration kAnswerGrace = absl::Seconds(5);
constexpr absl::Duration kIdleInTransactionTimeout = absl::Seconds(60);
constexpr size_t kBulkRowsPerStatement = 20'000;
constexpr size_t kCopyRowsAPart = 500;
constexpr char kSilent[] = "the server does not answer";

struct Freer {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using PgConnection = std::unique_ptr<PGconn, Freer>;
using PgResult = std::unique_ptr<PGresult, Freer>;

absl::Status Unavailable(absl::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                   absl::StrCat("PostgreSQL: ", absl::StripAsciiWhitespace(message)));
}

std::string Quoted(absl::string_view sql) {
  constexpr size_t kShown = 300;
  return absl::StrCat(" in: ", sql.substr(0, kShown), sql.size() > kShown ? "..." : "");
}

// The states are listed in PostgreSQL's manual, appendix A. Only the primary message is passed on:
// the detail holds values.
absl::Status ErrorOf(const PGresult* result, absl::string_view sql) {
  using Code = absl::StatusCode;
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return absl::string_view(text == nullptr ? "" : text);
  };
  const absl::string_view state = field(PG_DIAG_SQLSTATE);
  const std::string message = absl::StrCat("PostgreSQL: ", field(PG_DIAG_MESSAGE_PRIMARY));
  if (state == "23505") return absl::AlreadyExistsError(message);
  if (absl::StartsWith(state, "23")) return absl::FailedPreconditionError(message);
  if (state == "40001" || state == "40P01" || state == "55P03") {
    return MakeError(Code::kAborted, "STORE_CONFLICT", message);
  }
  if (state == "57014") return MakeError(Code::kDeadlineExceeded, "STORE_TIMEOUT", message);
  if (state == "53100") return MakeError(Code::kResourceExhausted, "STORE_FULL", message);
  // 08P01 is a statement that got too few parameters.
  if (state == "08P01") return absl::InternalError(absl::StrCat(message, Quoted(sql)));
  if (state.empty() || state == "25006" || state == "25P03" || state == "58030" ||
      absl::StartsWith(state, "08") || absl::StartsWith(state, "53") ||
      absl::StartsWith(state, "57P")) {
    return MakeError(Code::kUnavailable, "STORE_UNAVAILABLE", message);
  }
  if (state == "XX001" || state == "XX002") return absl::DataLossError(message);
  if (absl::StartsWith(state, "22")) return absl::InvalidArgumentError(message);
  return absl::InternalError(absl::StrCat(message, " (", state, ")", Quoted(sql)));
}

class PostgresSession : public Session {
 public:
  PostgresSession(const std::string& url, const DatabaseOptions& options,
                  absl::Duration statement_timeout, std::atomic<int64_t>* connections_lost)
      : url_(url),
        connect_timeout_(options.connect_timeout),
        statement_timeout_(statement_timeout),
        connections_lost_(connections_lost),
        statements_(kCachedStatements) {}

  ~PostgresSession() override { Rollback(); }

  Dialect dialect() const override { return Dialect::kPostgres; }
  bool lost() const override { return connection_ == nullptr; }

  absl::Status Purge(absl::Span<const absl::string_view> tables) override {
    WM_RETURN_IF_ERROR(EnsureConnected());
    for (const absl::string_view table : tables) {
      WM_RETURN_IF_ERROR(Command(absl::StrCat("VACUUM ", table)).status());
    }
    return absl::OkStatus();
  }

  absl::Status Connect() {
    const std::string timeout =
        absl::StrCat(std::max<int64_t>(2, absl::ToInt64Seconds(connect_timeout_)));
    // What stands in the URL, which comes last, overrides the rest.
    const char* const keywords[] = {"connect_timeout",  "fallback_application_name",
                                    "tcp_user_timeout", "keepalives_idle",
                                    "dbname",           nullptr};
    const char* const values[] = {timeout.c_str(), "waymark", "30000", "30", url_.c_str(), nullptr};
    connection_.reset(PQconnectdbParams(keywords, values, /*expand_dbname=*/1));
    if (PQstatus(connection_.get()) != CONNECTION_OK || PQsetnonblocking(connection_.get(), 1)) {
      return Lose(PQerrorMessage(connection_.get()));
    }
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    const int64_t timeout_ms = statement_timeout_ == absl::InfiniteDuration()
                                   ? 0
                                   : absl::ToInt64Milliseconds(statement_timeout_);
    return Command(absl::StrCat("SET statement_timeout = ", timeout_ms,
                                "; SET idle_in_transaction_session_timeout = ",
                                absl::ToInt64Milliseconds(kIdleInTransactionTimeout),
                                "; SET bytea_output = hex; SET client_encoding = 'UTF8'"))
        .status();
  }

 private:
  // Gives the connection up; nothing on it can be trusted any more.
  absl::Status Lose(absl::string_view why) {
    absl::Status status = Unavailable(why);
    connection_.reset();
    statements_.Clear();
    column_types_.clear();
    connections_lost_->fetch_add(1, std::memory_order_relaxed);
    return status;
  }

  absl::Status EnsureConnected() {
    if (connection_ != nullptr) return absl::OkStatus();
    if (in_transaction()) return Unavailable("the connection was lost");
    return Connect();
  }

  // Waits until the socket is ready for one of `events`; false when `deadline` has passed.
  bool Wait(short events, absl::Time deadline) {
    pollfd ready = {PQsocket(connection_.get()), events, 0};
    for (;;) {
      const absl::Duration left = deadline - absl::Now();
      const int timeout = left == absl::InfiniteDuration()
                              ? -1
                              : static_cast<int>(std::clamp<int64_t>(
                                    absl::ToInt64Milliseconds(left) + 1, 0, 3'600'000));
      const int count = poll(&ready, 1, timeout);
      if (count > 0) return true;
      if (count == 0 && absl::Now() >= deadline) return false;
      if (count < 0 && errno != EINTR) return false;
    }
  }

  absl::Time AnswerDeadline() const { return absl::Now() + statement_timeout_ + kAnswerGrace; }

  // Sends what was queued.
  absl::Status Flush(absl::Time deadline) {
    PGconn* const connection = connection_.get();
    for (int unsent; (unsent = PQflush(connection)) != 0;) {
      if (unsent < 0) return Lose(PQerrorMessage(connection));
      if (!Wait(POLLIN | POLLOUT, deadline)) return Lose(kSilent);
      if (PQconsumeInput(connection) == 0) return Lose(PQerrorMessage(connection));
    }
    return absl::OkStatus();
  }

  // The next result; nullptr when there is none.
  absl::StatusOr<PgResult> Next(absl::Time deadline) {
    PGconn* const connection = connection_.get();
    while (PQisBusy(connection)) {
      if (!Wait(POLLIN, deadline)) return Lose(kSilent);
      if (PQconsumeInput(connection) == 0) return Lose(PQerrorMessage(connection));
    }
    return PgResult(PQgetResult(connection));
  }

  // The last result of what was sent, or the first that is an error; `kept` came before them.
  absl::StatusOr<PgResult> Receive(int sent, absl::string_view sql, PgResult kept = nullptr) {
    if (sent == 0) return Lose(PQerrorMessage(connection_.get()));
    const absl::Time deadline = AnswerDeadline();
    WM_RETURN_IF_ERROR(Flush(deadline));
    for (;;) {
      WM_ASSIGN_OR_RETURN(PgResult next, Next(deadline));
      if (next == nullptr) break;
      if (kept == nullptr || PQresultStatus(kept.get()) != PGRES_FATAL_ERROR) {
        kept = std::move(next);
      }
    }
    return Checked(std::move(kept), sql);
  }

  absl::StatusOr<PgResult> Checked(PgResult result, absl::string_view sql) {
    const bool broken = PQstatus(connection_.get()) == CONNECTION_BAD;
    const ExecStatusType status = result ? PQresultStatus(result.get()) : PGRES_FATAL_ERROR;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
    if (broken || result == nullptr) return Lose(PQerrorMessage(connection_.get()));
    return ErrorOf(result.get(), sql);
  }

  absl::StatusOr<PgResult> Command(const std::string& sql) {
    return Receive(PQsendQuery(connection_.get(), sql.c_str()), sql);
  }

  absl::StatusOr<std::string> Prepare(absl::string_view sql, absl::Span<const TypeOid> types,
                                      absl::string_view key) {
    if (const std::string* known = statements_.Find(key)) return *known;
    if (const std::optional<std::string> evicted = statements_.Evict()) {
      WM_RETURN_IF_ERROR(Command(absl::StrCat("DEALLOCATE ", *evicted)).status());
    }
    const std::string name = absl::StrCat("s", ++statements_prepared_);
    WM_RETURN_IF_ERROR(
        Receive(PQsendPrepare(connection_.get(), name.c_str(), std::string(sql).c_str(),
                              static_cast<int>(types.size()), types.data()),
                sql)
            .status());
    statements_.Insert(key, name);
    return name;
  }

  // Parameters in the binary format; a null pointer is NULL.
  absl::StatusOr<PgResult> RunPrepared(absl::string_view sql, absl::Span<const TypeOid> types,
                                       absl::Span<const char* const> data,
                                       absl::Span<const int> lengths) {
    // One text may come with parameters of several types, each of which is another statement.
    const std::string key =
        absl::StrCat(sql, absl::string_view("\0", 1), absl::StrJoin(types, ","));
    WM_ASSIGN_OR_RETURN(const std::string name, Prepare(sql, types, key));
    const std::vector<int> binary(types.size(), 1);
    absl::StatusOr<PgResult> result =
        Receive(PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(types.size()),
                                    data.data(), lengths.data(), binary.data(), /*text=*/0),
                sql);
    // A statement whose tables have changed under it is not usable again.
    if (absl::IsInternal(result.status())) statements_.Erase(key);
    return result;
  }

  absl::StatusOr<Result> DoExecute(absl::string_view sql, absl::Span<const Value> params) override {
    WM_RETURN_IF_ERROR(EnsureConnected());
    std::vector<TypeOid> types;
    std::vector<std::string> buffers(params.size());
    std::vector<const char*> data;
    std::vector<int> lengths;
    for (size_t i = 0; i < params.size(); ++i) {
      const Value& param = params[i];
      const bool in_place = param.type() == ValueType::kText || param.type() == ValueType::kBytes;
      if (!in_place && !param.is_null()) buffers[i] = EncodeBinary(param);
      const absl::string_view bytes = in_place ? param.AsString() : buffers[i];
      types.push_back(OidOf(param.type()));
      data.push_back(param.is_null() ? nullptr : bytes.empty() ? "" : bytes.data());
      lengths.push_back(static_cast<int>(bytes.size()));
    }
    WM_ASSIGN_OR_RETURN(const PgResult result, RunPrepared(sql, types, data, lengths));
    return ToResult(result.get());
  }

  static int64_t RowsAffected(PGresult* result) {
    if (absl::StartsWith(PQcmdStatus(result), "SELECT")) return 0;
    int64_t rows = 0;
    return absl::SimpleAtoi(PQcmdTuples(result), &rows) ? rows : 0;
  }

  static Result ToResult(PGresult* result) {
    const int rows = PQntuples(result);
    const int columns = PQnfields(result);
    std::vector<Value> cells;
    cells.reserve(static_cast<size_t>(rows) * columns);
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        if (PQgetisnull(result, row, column)) {
          cells.emplace_back();
          continue;
        }
        const absl::string_view text(PQgetvalue(result, row, column),
                                     PQgetlength(result, row, column));
        cells.push_back(DecodeText(PQftype(result, column), text));
      }
    }
    return Result(std::move(cells), columns, RowsAffected(result));
  }

  absl::Status DoExecuteScript(absl::string_view sql) override {
    WM_RETURN_IF_ERROR(EnsureConnected());
    return Command(std::string(sql)).status();
  }

  // COPY where it can: it costs about half of an INSERT, but knows no ON CONFLICT and converts no
  // types.
  absl::StatusOr<int64_t> DoBulkInsert(absl::string_view table,
                                       absl::Span<const absl::string_view> columns,
                                       absl::Span<const Value> values,
                                       OnConflict on_conflict) override {
    WM_RETURN_IF_ERROR(EnsureConnected());
    if (on_conflict == OnConflict::kFail) {
      WM_ASSIGN_OR_RETURN(const bool can_copy, ColumnsTakeAsTheyAre(table, columns, values));
      if (can_copy) return Copy(table, columns, values);
      column_types_.clear();  // perhaps the table has changed
    }
    return InsertFromArrays(table, columns, values, on_conflict);
  }

  // Whether each value that is not NULL has the very type of its column.
  absl::StatusOr<bool> ColumnsTakeAsTheyAre(absl::string_view table,
                                            absl::Span<const absl::string_view> columns,
                                            absl::Span<const Value> values) {
    const std::string sql =
        absl::StrCat("SELECT ", absl::StrJoin(columns, ", "), " FROM ", table, " LIMIT 0");
    std::vector<TypeOid>& types = column_types_[sql];
    if (types.empty()) {
      WM_ASSIGN_OR_RETURN(const PgResult result, Command(sql));
      for (int i = 0; i < PQnfields(result.get()); ++i) types.push_back(PQftype(result.get(), i));
    }
    for (size_t i = 0; i < values.size(); ++i) {
      if (!values[i].is_null() && OidOf(values[i].type()) != types[i % types.size()]) return false;
    }
    return true;
  }

  absl::StatusOr<int64_t> Copy(absl::string_view table, absl::Span<const absl::string_view> columns,
                               absl::Span<const Value> values) {
    const std::string sql = absl::StrCat("COPY ", table, " (", absl::StrJoin(columns, ", "),
                                         ") FROM STDIN (FORMAT binary)");
    PGconn* const connection = connection_.get();
    if (PQsendQuery(connection, sql.c_str()) == 0) return Lose(PQerrorMessage(connection));
    const absl::Time deadline = AnswerDeadline();
    WM_RETURN_IF_ERROR(Flush(deadline));
    WM_ASSIGN_OR_RETURN(PgResult started, Next(deadline));
    if (started == nullptr || PQresultStatus(started.get()) != PGRES_COPY_IN) {
      WM_RETURN_IF_ERROR(Receive(1, sql, std::move(started)).status());
      return absl::InternalError(absl::StrCat("the server wants no rows", Quoted(sql)));
    }
    const bool sent = SendCopy(values, columns.size());
    WM_ASSIGN_OR_RETURN(const PgResult result, Receive(sent ? 1 : 0, sql));
    return RowsAffected(result.get());
  }

  // In parts, so that the server works on the first while the next is encoded.
  bool SendCopy(absl::Span<const Value> values, size_t columns) {
    const auto put = [this](const std::string& data) {
      return PQputCopyData(connection_.get(), data.data(), static_cast<int>(data.size())) == 1;
    };
    bool sent = put(EncodeCopyHeader());
    for (size_t from = 0; sent && from < values.size(); from += kCopyRowsAPart * columns) {
      sent = put(EncodeCopyRows(values.subspan(from, kCopyRowsAPart * columns), columns));
    }
    return sent && put(EncodeCopyEnd()) && PQputCopyEnd(connection_.get(), nullptr) == 1;
  }

  // INSERT ... SELECT from one array per column. A column that is NULL in every row has no type and
  // is written as a literal.
  absl::StatusOr<int64_t> InsertFromArrays(absl::string_view table,
                                           absl::Span<const absl::string_view> columns,
                                           absl::Span<const Value> values, OnConflict on_conflict) {
    const size_t width = columns.size();
    std::vector<ValueType> column_types(width, ValueType::kNull);
    for (size_t i = 0; i < values.size(); ++i) {
      if (!values[i].is_null()) column_types[i % width] = values[i].type();
    }
    std::vector<std::string> selected, arrays, names;
    for (const ValueType type : column_types) {
      if (type == ValueType::kNull) {
        selected.push_back("NULL");
        continue;
      }
      names.push_back(absl::StrCat("c", names.size() + 1));
      selected.push_back(names.back());
      arrays.push_back(absl::StrCat("$", names.size(), "::", SqlNameOf(type), "[]"));
    }
    if (names.empty()) return absl::InvalidArgumentError("every value to insert is NULL");
    const std::string sql =
        absl::StrCat("INSERT INTO ", table, " (", absl::StrJoin(columns, ", "), ") SELECT ",
                     absl::StrJoin(selected, ", "), " FROM unnest(", absl::StrJoin(arrays, ", "),
                     ") AS rows(", absl::StrJoin(names, ", "), ")",
                     on_conflict == OnConflict::kDoNothing ? " ON CONFLICT DO NOTHING" : "");
    int64_t inserted = 0;
    for (size_t from = 0; from < values.size(); from += kBulkRowsPerStatement * width) {
      WM_ASSIGN_OR_RETURN(
          const int64_t rows,
          InsertArrays(sql, column_types, values.subspan(from, kBulkRowsPerStatement * width)));
      inserted += rows;
    }
    return inserted;
  }

  absl::StatusOr<int64_t> InsertArrays(absl::string_view sql,
                                       absl::Span<const ValueType> column_types,
                                       absl::Span<const Value> values) {
    std::vector<std::string> arrays;
    std::vector<TypeOid> types;
    for (size_t i = 0; i < column_types.size(); ++i) {
      if (column_types[i] == ValueType::kNull) continue;
      arrays.push_back(EncodeArray(column_types[i], values.subspan(i), column_types.size()));
      types.push_back(ArrayOidOf(column_types[i]));
    }
    std::vector<const char*> data;
    std::vector<int> lengths;
    for (const std::string& array : arrays) {
      data.push_back(array.data());
      lengths.push_back(static_cast<int>(array.size()));
    }
    WM_ASSIGN_OR_RETURN(const PgResult result, RunPrepared(sql, types, data, lengths));
    return RowsAffected(result.get());
  }

  absl::Status DoBegin(Isolation isolation) override {
    WM_RETURN_IF_ERROR(EnsureConnected());
    switch (isolation) {
      case Isolation::kSerializable:
        return Command("BEGIN ISOLATION LEVEL SERIALIZABLE").status();
      case Isolation::kReadCommitted:
        return Command("BEGIN ISOLATION LEVEL READ COMMITTED").status();
      case Isolation::kReadOnly:
        return Command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").status();
    }
    return absl::InternalError("unknown isolation");
  }

  absl::Status DoCommit() override {
    if (connection_ == nullptr) return Unavailable("the connection was lost");
    return Command("COMMIT").status();
  }

  void DoRollback() override {
    if (connection_ != nullptr) Command("ROLLBACK").IgnoreError();
  }

  const std::string url_;
  const absl::Duration connect_timeout_;
  const absl::Duration statement_timeout_;
  std::atomic<int64_t>* const connections_lost_;
  /// Null when lost.
  PgConnection connection_;
  /// Their names on the server.
  StatementCache<std::string> statements_;
  int64_t statements_prepared_ = 0;
  /// By the query that selects the columns.
  absl::flat_hash_map<std::string, std::vector<TypeOid>> column_types_;
};

class PostgresDriver : public Driver {
 public:
  PostgresDriver(absl::string_view url, std::string name, const DatabaseOptions& options)
      : url_(url), name_(std::move(name)), options_(options) {}

  absl::StatusOr<std::unique_ptr<Session>> Connect(Role role,
                                                   absl::Duration statement_timeout) override {
    auto session =
        std::make_unique<PostgresSession>(url_, options_, statement_timeout, &connections_lost_);
    WM_RETURN_IF_ERROR(Annotate(session->Connect(), name_));
    return session;
  }

  Dialect dialect() const override { return Dialect::kPostgres; }
  const std::string& name() const override { return name_; }
  int max_writers() const override { return 0; }
  int64_t connections_lost() const override { return connections_lost_.load(); }

 private:
  const std::string url_;
  const std::string name_;
  const DatabaseOptions options_;
  std::atomic<int64_t> connections_lost_{0};
};

// The parts of the URL that may be shown. libpq's own message about a bad URL quotes all of it,
// with the password.
absl::StatusOr<std::string> NameOf(absl::string_view url) {
  char* message = nullptr;
  std::unique_ptr<PQconninfoOption, Freer> options(
      PQconninfoParse(std::string(url).c_str(), &message));
  PQfreemem(message);
  if (options == nullptr) {
    return absl::InvalidArgumentError(
        "the database URL is malformed; write postgresql://[user@]host[:port]/database"
        "[?parameter=value&...] with libpq's parameters");
  }
  std::string user, host, port, database;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const absl::string_view keyword = option->keyword;
    const std::string value = option->val == nullptr ? "" : option->val;
    if (keyword == "user" && !value.empty()) user = value + "@";
    if (keyword == "host") host = value;
    if (keyword == "port" && !value.empty()) port = ":" + value;
    if (keyword == "dbname") database = value;
  }
  return absl::StrCat("postgresql://", user, host, port, "/", database);
}

void WarnOfCollation(Session& session, const std::string& name) {
  const absl::StatusOr<Result> result =
      session.Execute("SELECT datcollate FROM pg_database WHERE datname = current_database()");
  if (!result.ok() || result->empty()) return;
  const std::string collation = (*result)[0].Text(0);
  if (collation == "C" || collation == "POSIX" || absl::StartsWith(collation, "C.")) return;
  LogLine(LogLevel::kWarning,
          "text sorts by the database's collation; create the database with LC_COLLATE 'C' for "
          "lists in code point order and faster indexes")
      .Add("database", name)
      .Add("collation", collation);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Driver>> OpenPostgres(absl::string_view url,
                                                     const DatabaseOptions& options) {
  WM_ASSIGN_OR_RETURN(std::string name, NameOf(url));
  auto driver = std::make_unique<PostgresDriver>(url, name, options);
  WM_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                      driver->Connect(Role::kWriter, options.statement_timeout));
  WarnOfCollation(*session, name);
  return driver;
}

}  // namespace waymark::sql
