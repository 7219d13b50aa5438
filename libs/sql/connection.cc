#include "libs/sql/connection.h"

#include "absl/strings/str_cat.h"
#include "libs/base/error.h"
#include "libs/base/status_macros.h"

namespace waymark::sql {
namespace {

absl::Status ValidateAll(absl::Span<const Value> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (const absl::Status status = values[i].Validate(); !status.ok()) {
      return Annotate(status, absl::StrCat("parameter ", i + 1));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateRows(absl::Span<const absl::string_view> columns,
                          absl::Span<const Value> values) {
  if (columns.empty() || values.size() % columns.size() != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(values.size(), " values do not fill rows of ", columns.size(), " columns"));
  }
  WM_RETURN_IF_ERROR(ValidateAll(values));
  for (size_t column = 0; column < columns.size(); ++column) {
    ValueType seen = ValueType::kNull;
    for (size_t i = column; i < values.size(); i += columns.size()) {
      const ValueType type = values[i].type();
      if (seen != ValueType::kNull && type != ValueType::kNull && type != seen) {
        return absl::InvalidArgumentError(
            absl::StrCat("column ", columns[column], " mixes values of two types"));
      }
      if (type != ValueType::kNull) seen = type;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Connection::CheckUsable() const {
  if (!in_transaction_ || failure_.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the transaction has failed, roll it back: ", failure_.message()));
}

absl::Status Connection::Note(absl::Status status) {
  if (in_transaction_ && failure_.ok()) failure_ = status;
  return status;
}

absl::StatusOr<Result> Connection::Execute(absl::string_view sql, absl::Span<const Value> params) {
  WM_RETURN_IF_ERROR(CheckUsable());
  WM_RETURN_IF_ERROR(Note(ValidateAll(params)));
  absl::StatusOr<Result> result = DoExecute(sql, params);
  if (!result.ok()) return Note(result.status());
  return result;
}

absl::Status Connection::ExecuteScript(absl::string_view sql) {
  WM_RETURN_IF_ERROR(CheckUsable());
  if (in_transaction_) return Note(DoExecuteScript(sql));
  WM_RETURN_IF_ERROR(Begin());
  Note(DoExecuteScript(sql)).IgnoreError();
  return Commit();
}

absl::StatusOr<int64_t> Connection::BulkInsert(absl::string_view table,
                                               absl::Span<const absl::string_view> columns,
                                               absl::Span<const Value> values,
                                               OnConflict on_conflict) {
  WM_RETURN_IF_ERROR(CheckUsable());
  WM_RETURN_IF_ERROR(Note(ValidateRows(columns, values)));
  if (values.empty()) return 0;
  const bool own_transaction = !in_transaction_;
  if (own_transaction) WM_RETURN_IF_ERROR(Begin(Isolation::kReadCommitted));
  absl::StatusOr<int64_t> inserted = DoBulkInsert(table, columns, values, on_conflict);
  Note(inserted.status()).IgnoreError();
  if (own_transaction) WM_RETURN_IF_ERROR(Commit());
  return inserted;
}

absl::Status Connection::Begin(Isolation isolation) {
  if (in_transaction_) return absl::FailedPreconditionError("transactions do not nest");
  failure_ = absl::OkStatus();
  WM_RETURN_IF_ERROR(DoBegin(isolation));
  in_transaction_ = true;
  return absl::OkStatus();
}

absl::Status Connection::Commit() {
  if (!in_transaction_) return absl::FailedPreconditionError("no transaction to commit");
  absl::Status status = failure_.ok() ? DoCommit() : failure_;
  if (!status.ok()) DoRollback();
  in_transaction_ = false;
  return status;
}

void Connection::Rollback() {
  if (!in_transaction_) return;
  DoRollback();
  in_transaction_ = false;
}

}  // namespace waymark::sql
