#include "services/action/store.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "services/action/schema.h"

namespace waymark::action {
namespace {

using google::protobuf::util::TimeUtil;

/// The key of tenants/{tenant}/{collection}/{id}.
struct Key {
  absl::string_view tenant;
  absl::string_view id;
};

Key KeyOf(absl::string_view name) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  return {parts[1], parts[3]};
}

}  // namespace

ListPosition PositionOf(const v1::Programme& programme) {
  return {0, std::string(KeyOf(programme.name()).id)};
}

ListPosition PositionOf(const v1::Action& action) {
  return {-TimeUtil::TimestampToMicroseconds(action.create_time()),
          std::string(KeyOf(action.name()).id)};
}

ListPosition PositionOf(const v1::Case& a_case) {
  return {TimeUtil::TimestampToMicroseconds(a_case.due_time()),
          std::string(KeyOf(a_case.name()).id)};
}

absl::StatusOr<sql::Result> Session::SelectOne(absl::string_view table, absl::string_view name) {
  const Key key = KeyOf(name);
  return connection_->Execute(
      absl::StrCat("SELECT data FROM ", table, " WHERE tenant = $1 AND id = $2"),
      {key.tenant, key.id});
}

absl::StatusOr<sql::Result> Session::SelectPage(absl::string_view table, absl::string_view tenant,
                                                int state, const ListPosition& after,
                                                int64_t limit) {
  std::vector<sql::Value> values = {tenant, after.order, after.id, limit};
  absl::string_view condition;
  if (state != 0) {
    condition = "AND state = $5 ";
    values.emplace_back(state);
  }
  return connection_->Execute(
      absl::StrCat("SELECT data FROM ", table, " WHERE tenant = $1 ", condition,
                   "AND (list_order, id) > ($2, $3) ORDER BY list_order, id LIMIT $4"),
      values);
}

absl::StatusOr<bool> Session::InsertRecord(const Record& record) {
  const Key key = KeyOf(record.name);
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection_->Execute(
          absl::StrCat("INSERT INTO ", record.table, " (tenant, id, state, list_order, data) ",
                       "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, id) DO NOTHING"),
          {key.tenant, key.id, record.state, record.order, sql::Value::Bytes(record.data)}));
  return result.rows_affected() == 1;
}

absl::Status Session::UpdateRecord(const Record& record) {
  const Key key = KeyOf(record.name);
  return connection_
      ->Execute(absl::StrCat("UPDATE ", record.table, " SET state = $3, list_order = $4, ",
                             "data = $5 WHERE tenant = $1 AND id = $2"),
                {key.tenant, key.id, record.state, record.order, sql::Value::Bytes(record.data)})
      .status();
}

absl::StatusOr<sql::Result> Session::SelectAnswer(absl::string_view table, absl::string_view tenant,
                                                  absl::string_view request_id, absl::Time since) {
  return connection_->Execute(
      "SELECT fingerprint, data FROM create_answers WHERE tenant = $1 AND collection = $2 "
      "AND request_id = $3 AND create_micros >= $4",
      {tenant, table, request_id, absl::ToUnixMicros(since)});
}

absl::Status Session::InsertAnswer(absl::string_view table, absl::string_view tenant,
                                   absl::string_view request_id, const Answer<std::string>& answer,
                                   absl::Time now) {
  // When the same request runs twice at once, PostgreSQL reports a plain INSERT as a taken key, but
  // this one as a conflict of transactions, so that the second runs again and finds the answer.
  return connection_
      ->Execute(
          "INSERT INTO create_answers (tenant, collection, request_id, fingerprint, create_micros, "
          "data) VALUES ($1, $2, $3, $4, $5, $6) "
          "ON CONFLICT (tenant, collection, request_id) DO NOTHING",
          {tenant, table, request_id, answer.fingerprint, absl::ToUnixMicros(now),
           sql::Value::Bytes(answer.resource)})
      .status();
}

absl::Status Session::DropAnswersBefore(absl::Time time) {
  return connection_
      ->Execute("DELETE FROM create_answers WHERE create_micros < $1", {absl::ToUnixMicros(time)})
      .status();
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(absl::string_view url) {
  WM_ASSIGN_OR_RETURN(std::unique_ptr<sql::Database> database, sql::Database::Open(url));
  WM_RETURN_IF_ERROR(sql::Migrate(*database, "action", Migrations()));
  return absl::WrapUnique(new Store(std::move(database)));
}

absl::Status Store::Read(Function fn) {
  return database_->RunRead([&](sql::Connection& connection) {
    Session session(&connection);
    return fn(session);
  });
}

absl::Status Store::Write(Function fn) {
  return database_->RunTransaction([&](sql::Connection& connection) {
    Session session(&connection);
    return fn(session);
  });
}

}  // namespace waymark::action
