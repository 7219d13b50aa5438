#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "libs/base/error.h"
#include "libs/base/log.h"
#include "libs/base/status_macros.h"
#include "libs/sql/driver.h"
#include "libs/sql/file_lock.h"
#include "libs/sql/read_gate.h"
#include "libs/sql/statement_cache.h"
#include "libs/sql/write_gate.h"

namespace waymark::sql {
namespace {

constexpr size_t kCachedStatements = 256;
// How many steps of SQLite's virtual machine pass between two looks at the clock: some 50 µs.
constexpr int kStepsBetweenDeadlineChecks = 10'000;

// A log this many times as long as it should be is worth keeping readers waiting.
constexpr int kLongLog = 4;
constexpr absl::Duration kWaitForReaders = absl::Seconds(1);

struct Closer {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using DbPtr = std::unique_ptr<sqlite3, Closer>;
using StmtPtr = std::unique_ptr<sqlite3_stmt, Closer>;

struct Statement {
  StmtPtr stmt;
  /// Which of the caller's parameters, counted from 0, belongs to SQLite's parameter i + 1.
  std::vector<int> parameters;
  int parameter_count = 0;
  bool writes = false;
};

std::string Quoted(absl::string_view sql) {
  constexpr size_t kShown = 300;
  return absl::StrCat(" in: ", sql.substr(0, kShown), sql.size() > kShown ? "..." : "");
}

absl::Status ErrorOf(sqlite3* db, absl::string_view sql) {
  using Code = absl::StatusCode;
  const int extended = sqlite3_extended_errcode(db);
  const std::string message = absl::StrCat("SQLite: ", sqlite3_errmsg(db));
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
      if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return absl::AlreadyExistsError(message);
      }
      return absl::FailedPreconditionError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return MakeError(Code::kAborted, "STORE_CONFLICT", message);
    case SQLITE_INTERRUPT:
      return MakeError(Code::kDeadlineExceeded, "STORE_TIMEOUT",
                       "SQLite: the statement took longer than the statement timeout");
    case SQLITE_FULL:
      return MakeError(Code::kResourceExhausted, "STORE_FULL", message);
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(message);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
      return MakeError(Code::kUnavailable, "STORE_UNAVAILABLE", message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return absl::InvalidArgumentError(message);
    default:
      return absl::InternalError(absl::StrCat(message, Quoted(sql)));
  }
}

// SQLite numbers `$2 ... $1` by first appearance; the names tell which value is meant.
absl::Status MapParameters(absl::string_view sql, Statement* statement) {
  const int count = sqlite3_bind_parameter_count(statement->stmt.get());
  for (int i = 1; i <= count; ++i) {
    const char* name = sqlite3_bind_parameter_name(statement->stmt.get(), i);
    int number = 0;
    if (name == nullptr || name[0] != '$' || !absl::SimpleAtoi(name + 1, &number) || number < 1) {
      return absl::InternalError(absl::StrCat("a parameter is written $1, $2, ..., not '",
                                              name == nullptr ? "?" : name, "'", Quoted(sql)));
    }
    statement->parameters.push_back(number - 1);
    statement->parameter_count = std::max(statement->parameter_count, number);
  }
  return absl::OkStatus();
}

absl::StatusOr<Statement> PrepareStatement(sqlite3* db, absl::string_view sql) {
  sqlite3_stmt* stmt = nullptr;
  const char* tail = nullptr;
  if (sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &stmt, &tail) != SQLITE_OK) {
    return ErrorOf(db, sql);
  }
  Statement statement;
  statement.stmt.reset(stmt);
  const absl::string_view rest = sql.substr(tail - sql.data());
  if (stmt == nullptr || rest.find_first_not_of("; \t\r\n") != absl::string_view::npos) {
    return absl::InternalError(absl::StrCat("not exactly one statement", Quoted(sql)));
  }
  WM_RETURN_IF_ERROR(MapParameters(sql, &statement));
  statement.writes = sqlite3_stmt_readonly(stmt) == 0;
  return statement;
}

int Bind(sqlite3_stmt* stmt, int index, const Value& value) {
  switch (value.type()) {
    case ValueType::kNull:
      return sqlite3_bind_null(stmt, index);
    case ValueType::kInt:
      return sqlite3_bind_int64(stmt, index, value.AsInt());
    case ValueType::kDouble:
      return sqlite3_bind_double(stmt, index, value.AsDouble());
    case ValueType::kText: {
      const absl::string_view text = value.AsString();
      // A null pointer would bind NULL.
      return sqlite3_bind_text64(stmt, index, text.empty() ? "" : text.data(), text.size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    }
    case ValueType::kBytes: {
      const absl::string_view bytes = value.AsString();
      return sqlite3_bind_blob64(stmt, index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                                 SQLITE_STATIC);
    }
  }
  return SQLITE_MISUSE;
}

// How many rows an INSERT takes: a statement costs as much as two rows.
constexpr size_t kRowsPerInsert = 16;

Value Cell(sqlite3_stmt* stmt, int column) {
  switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
      return Value(static_cast<int64_t>(sqlite3_column_int64(stmt, column)));
    case SQLITE_FLOAT:
      return Value(sqlite3_column_double(stmt, column));
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(stmt, column));
      return Value(absl::string_view(text, sqlite3_column_bytes(stmt, column)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(stmt, column));
      return Value::Bytes(absl::string_view(bytes, sqlite3_column_bytes(stmt, column)));
    }
    default:
      return Value();
  }
}

class SqliteSession : public Session {
 public:
  SqliteSession(DbPtr db, WriteGate* gate, ReadGate* readers, Role role,
                const DatabaseOptions& options, absl::Duration statement_timeout)
      : db_(std::move(db)),
        gate_(gate),
        readers_(readers),
        checkpoint_pages_(options.wal_autocheckpoint),
        role_(role),
        gate_timeout_(options.acquire_timeout),
        statement_timeout_(statement_timeout),
        statements_(kCachedStatements) {
    if (statement_timeout_ != absl::InfiniteDuration()) {
      sqlite3_progress_handler(db_.get(), kStepsBetweenDeadlineChecks, &SqliteSession::IsLate,
                               this);
    }
    // In place of SQLite's own, which may stop halfway and hides its errors.
    sqlite3_wal_hook(
        db_.get(),
        [](void* session, sqlite3*, const char*, int pages) {
          static_cast<SqliteSession*>(session)->log_pages_ = pages;
          return SQLITE_OK;
        },
        this);
  }

  ~SqliteSession() override {
    Rollback();
    statements_.Clear();
  }

  Dialect dialect() const override { return Dialect::kSqlite; }
  bool lost() const override { return false; }

  absl::Status Purge(absl::Span<const absl::string_view>) override {
    WM_RETURN_IF_ERROR(EnterGate());
    absl::Status status = MakeError(absl::StatusCode::kAborted, "STORE_CONFLICT",
                                    "SQLite: the write-ahead log is being read all the time");
    if (readers_->Close(kWaitForReaders)) {
      StartTimer();
      const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE,
                                                 nullptr, nullptr);
      status = code == SQLITE_OK ? absl::OkStatus() : ErrorOf(db_.get(), "checkpoint");
      readers_->Open();
    }
    gate_->Leave();
    return status;
  }

 private:
  static int IsLate(void* session) {
    return absl::Now() > static_cast<SqliteSession*>(session)->deadline_ ? 1 : 0;
  }

  void StartTimer() { deadline_ = absl::Now() + statement_timeout_; }

  absl::Status EnterGate() {
    if (gate_->Enter(gate_timeout_)) return absl::OkStatus();
    return MakeError(
        absl::StatusCode::kDeadlineExceeded, "STORE_TIMEOUT",
        absl::StrCat("SQLite: no turn to write within ", absl::FormatDuration(gate_timeout_)));
  }

  absl::Status Run(absl::string_view sql) {
    WM_ASSIGN_OR_RETURN(Statement * statement, Prepare(sql));
    StartTimer();
    return Step(*statement, sql).status();
  }

  absl::StatusOr<Statement*> Prepare(absl::string_view sql) {
    if (Statement* known = statements_.Find(sql)) return known;
    WM_ASSIGN_OR_RETURN(Statement statement, PrepareStatement(db_.get(), sql));
    statements_.Evict();
    return statements_.Insert(sql, std::move(statement));
  }

  absl::Status BindAll(const Statement& statement, absl::string_view sql,
                       absl::Span<const Value> params) {
    if (static_cast<size_t>(statement.parameter_count) != params.size()) {
      return absl::InternalError(absl::StrCat("statement with ", statement.parameter_count,
                                              " parameters got ", params.size(), Quoted(sql)));
    }
    for (size_t i = 0; i < statement.parameters.size(); ++i) {
      if (Bind(statement.stmt.get(), static_cast<int>(i) + 1, params[statement.parameters[i]]) !=
          SQLITE_OK) {
        return ErrorOf(db_.get(), sql);
      }
    }
    return absl::OkStatus();
  }

  // Leaves the statement reset, so that it holds neither a snapshot nor the caller's strings.
  absl::StatusOr<Result> Step(const Statement& statement, absl::string_view sql) {
    sqlite3_stmt* stmt = statement.stmt.get();
    const int64_t changes_before = sqlite3_total_changes64(db_.get());
    std::vector<Value> cells;
    const int columns = sqlite3_column_count(stmt);
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
      for (int i = 0; i < columns; ++i) cells.push_back(Cell(stmt, i));
    }
    const absl::Status status = code == SQLITE_DONE ? absl::OkStatus() : ErrorOf(db_.get(), sql);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    WM_RETURN_IF_ERROR(status);
    const bool changed = sqlite3_total_changes64(db_.get()) != changes_before;
    return Result(std::move(cells), columns, changed ? sqlite3_changes64(db_.get()) : 0);
  }

  absl::StatusOr<Result> BindAndStep(const Statement& statement, absl::string_view sql,
                                     absl::Span<const Value> params) {
    WM_RETURN_IF_ERROR(BindAll(statement, sql, params));
    return Step(statement, sql);
  }

  absl::StatusOr<Result> DoExecute(absl::string_view sql, absl::Span<const Value> params) override {
    Statement* statement = nullptr;
    {
      // Preparing reads the schema.
      const ReadTurn turn(in_transaction() ? nullptr : readers_);
      WM_ASSIGN_OR_RETURN(statement, Prepare(sql));
      StartTimer();
      if (!statement->writes || in_transaction()) return BindAndStep(*statement, sql, params);
    }
    WM_RETURN_IF_ERROR(EnterGate());
    absl::StatusOr<Result> result = BindAndStep(*statement, sql, params);
    MaybeCheckpoint();
    gate_->Leave();
    return result;
  }

  // Copies the log into the file, when it is long enough; called by the one writer, between
  // transactions. What fails is tried again after the next commit, which does not depend on it.
  void MaybeCheckpoint() {
    if (log_pages_ < checkpoint_pages_) return;
    const bool is_long = log_pages_ >= int64_t{kLongLog} * checkpoint_pages_;
    if (!readers_->Close(is_long ? kWaitForReaders : absl::ZeroDuration())) return;
    StartTimer();
    const int code =
        sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    readers_->Open();
    if (code == SQLITE_OK) log_pages_ = 0;
    if ((code != SQLITE_OK) == std::exchange(checkpoint_failed_, code != SQLITE_OK)) return;
    LogLine(code == SQLITE_OK ? LogLevel::kInfo : LogLevel::kWarning,
            code == SQLITE_OK ? "the write-ahead log is checkpointed again"
                              : "the write-ahead log cannot be checkpointed")
        .Add("error", code == SQLITE_OK ? "" : ErrorOf(db_.get(), "checkpoint").ToString());
  }

  absl::Status DoExecuteScript(absl::string_view sql) override {
    StartTimer();
    if (sqlite3_exec(db_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      return ErrorOf(db_.get(), sql);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> DoBulkInsert(absl::string_view table,
                                       absl::Span<const absl::string_view> columns,
                                       absl::Span<const Value> values,
                                       OnConflict on_conflict) override {
    StartTimer();
    const size_t width = columns.size();
    const size_t many = values.size() / (kRowsPerInsert * width) * kRowsPerInsert * width;
    WM_ASSIGN_OR_RETURN(int64_t inserted, InsertRows(table, columns, values.first(many),
                                                     kRowsPerInsert, on_conflict));
    WM_ASSIGN_OR_RETURN(const int64_t rest,
                        InsertRows(table, columns, values.subspan(many), 1, on_conflict));
    return inserted + rest;
  }

  // `rows` of them with each statement. A row that fails ends the whole transaction, as a failed
  // statement does anyway (see Connection), so SQLite need not be able to undo single statements.
  absl::StatusOr<int64_t> InsertRows(absl::string_view table,
                                     absl::Span<const absl::string_view> columns,
                                     absl::Span<const Value> values, size_t rows,
                                     OnConflict on_conflict) {
    if (values.empty()) return 0;
    const size_t width = columns.size();
    std::string sql = absl::StrCat("INSERT OR ROLLBACK INTO ", table, " (",
                                   absl::StrJoin(columns, ", "), ") VALUES ");
    for (size_t i = 0; i < rows * width; ++i) {
      absl::StrAppend(&sql, i % width != 0 ? ", $" : i == 0 ? "($" : "), ($", i + 1);
    }
    absl::StrAppend(&sql, ")",
                    on_conflict == OnConflict::kDoNothing ? " ON CONFLICT DO NOTHING" : "");
    WM_ASSIGN_OR_RETURN(Statement * statement, Prepare(sql));
    sqlite3_stmt* stmt = statement->stmt.get();
    const int64_t before = sqlite3_total_changes64(db_.get());
    absl::Status status;
    for (size_t at = 0; at < values.size() && status.ok(); at += rows * width) {
      status = BindAll(*statement, sql, values.subspan(at, rows * width));
      if (status.ok() && sqlite3_step(stmt) != SQLITE_DONE) status = ErrorOf(db_.get(), sql);
      sqlite3_reset(stmt);
    }
    sqlite3_clear_bindings(stmt);
    WM_RETURN_IF_ERROR(status);
    return sqlite3_total_changes64(db_.get()) - before;
  }

  absl::Status DoBegin(Isolation isolation) override {
    if (isolation == Isolation::kReadOnly) {
      if (role_ == Role::kWriter) WM_RETURN_IF_ERROR(Run("PRAGMA query_only = ON"));
      readers_->Enter();
      absl::Status begun = Run("BEGIN");
      in_readers_ = begun.ok();
      if (!in_readers_) readers_->Leave();
      return begun;
    }
    WM_RETURN_IF_ERROR(EnterGate());
    absl::Status begun = Run("BEGIN IMMEDIATE");
    in_gate_ = begun.ok();
    if (!in_gate_) gate_->Leave();
    return begun;
  }

  absl::Status DoCommit() override {
    WM_RETURN_IF_ERROR(Run("COMMIT"));
    if (in_gate_) MaybeCheckpoint();
    Ended();
    return absl::OkStatus();
  }

  void DoRollback() override {
    // Some errors roll back by themselves.
    if (sqlite3_get_autocommit(db_.get()) == 0) Run("ROLLBACK").IgnoreError();
    Ended();
  }

  void Ended() {
    if (std::exchange(in_readers_, false)) readers_->Leave();
    if (in_gate_) {
      in_gate_ = false;
      gate_->Leave();
    } else if (role_ == Role::kWriter) {
      Run("PRAGMA query_only = OFF").IgnoreError();
    }
  }

  const DbPtr db_;
  WriteGate* const gate_;
  ReadGate* const readers_;
  const int checkpoint_pages_;
  /// How long the log was after this session's last commit.
  int64_t log_pages_ = 0;
  bool checkpoint_failed_ = false;
  const Role role_;
  const absl::Duration gate_timeout_;
  const absl::Duration statement_timeout_;
  absl::Time deadline_;
  bool in_gate_ = false;
  bool in_readers_ = false;
  StatementCache<Statement> statements_;
};

class SqliteDriver : public Driver {
 public:
  SqliteDriver(std::string path, const DatabaseOptions& options, std::unique_ptr<FileLock> lock)
      : path_(std::move(path)),
        name_(absl::StrCat("sqlite:", path_)),
        options_(options),
        lock_(std::move(lock)) {}

  absl::StatusOr<std::unique_ptr<Session>> Connect(Role role,
                                                   absl::Duration statement_timeout) override {
    const ReadTurn turn(&readers_);
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(path_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    DbPtr db(raw);
    if (code != SQLITE_OK) return Annotate(ErrorOf(raw, "open"), path_);
    sqlite3_busy_timeout(raw,
                         static_cast<int>(absl::ToInt64Milliseconds(options_.acquire_timeout)));
    const std::string setup = absl::StrCat(
        options_.page_size > 0 ? absl::StrCat("PRAGMA page_size = ", options_.page_size, ";") : "",
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
        "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -",
        options_.cache_bytes_per_connection / 1024, ";",
        role == Role::kReader ? "PRAGMA query_only = ON;" : "");
    if (sqlite3_exec(raw, setup.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      return Annotate(ErrorOf(raw, setup), path_);
    }
    return std::make_unique<SqliteSession>(std::move(db), &gate_, &readers_, role, options_,
                                           statement_timeout);
  }

  Dialect dialect() const override { return Dialect::kSqlite; }
  const std::string& name() const override { return name_; }
  int max_writers() const override { return 1; }
  int64_t connections_lost() const override { return 0; }

 private:
  const std::string path_;
  const std::string name_;
  const DatabaseOptions options_;
  const std::unique_ptr<FileLock> lock_;
  WriteGate gate_;
  ReadGate readers_;
};

absl::Status CreateFolder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::exists(folder, error)) return absl::OkStatus();
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (!error) return absl::OkStatus();
  return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                   absl::StrCat("cannot create folder '", folder.string(), "': ", error.message()));
}

// Only for the holder of the file's lock: closing the file would drop the locks that another
// connection of this process has on it.
absl::Status CreateFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return MakeError(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                     absl::StrCat("cannot open '", path, "': ", std::strerror(errno)));
  }
  close(fd);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Driver>> OpenSqlite(absl::string_view url,
                                                   const DatabaseOptions& options) {
  const std::string path(absl::StripPrefix(url, "sqlite:"));
  if (path.empty() || path[0] == ':') {
    return absl::InvalidArgumentError(absl::StrCat("'", url, "' names no file; write sqlite:PATH"));
  }
  WM_RETURN_IF_ERROR(CreateFolder(std::filesystem::path(path).parent_path()));
  WM_ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock, FileLock::Acquire(path));
  WM_RETURN_IF_ERROR(CreateFile(path));
  return std::make_unique<SqliteDriver>(path, options, std::move(lock));
}

}  // namespace waymark::sql
