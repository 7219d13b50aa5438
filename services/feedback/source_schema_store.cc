#include "services/feedback/source_schema_store.h"

#include <utility>

#include "google/protobuf/util/time_util.h"
#include "libs/base/status_macros.h"

namespace waymark::feedback {
namespace {

using google::protobuf::util::TimeUtil;
using sql::Connection;
using sql::Row;
using sql::Value;

// Adds to the rows of one source. Bytes are borrowed: statements run at once.
class Merger {
 public:
  Merger(Connection* connection, const LearnedSource& learned)
      : connection_(*connection),
        learned_(learned),
        tenant_(Value::BorrowedText(learned.tenant)),
        source_(Value::BorrowedText(learned.source)) {}

  absl::Status Run() {
    WM_RETURN_IF_ERROR(Lock());
    for (const auto& kind : learned_.kinds) WM_RETURN_IF_ERROR(Add(kind));
    for (const auto& question : learned_.questions) WM_RETURN_IF_ERROR(Add(question));
    for (const auto& activity : learned_.activities) WM_RETURN_IF_ERROR(Add(activity));
    if (added_ == 0 && !truncated_) return absl::OkStatus();
    const Value params[] = {tenant_, source_, items_, truncated_};
    return connection_
        .Execute(
            "UPDATE source_schemas SET items = $3, "
            "truncated = CASE WHEN $4 = 1 THEN 1 ELSE truncated END "
            "WHERE tenant = $1 AND source = $2",
            params)
        .status();
  }

 private:
  // Others that add to the same source wait until this transaction ends.
  absl::Status Lock() {
    truncated_ = learned_.truncated;
    const Value params[] = {tenant_, source_};
    WM_ASSIGN_OR_RETURN(
        const sql::Result result,
        connection_.Execute("INSERT INTO source_schemas (tenant, source, items, truncated) "
                            "VALUES ($1, $2, 0, 0) ON CONFLICT (tenant, source) "
                            "DO UPDATE SET items = source_schemas.items RETURNING items",
                            params));
    items_ = result[0].Int(0);
    return absl::OkStatus();
  }

  absl::Status Add(const LearnedSource::Kind& one) {
    const Value params[] = {tenant_,           source_,           static_cast<int>(one.kind),
                            one.signals.count, one.signals.first, one.signals.last};
    return connection_
        .Execute(
            "INSERT INTO source_kinds (tenant, source, kind, ordinal, signals, "
            "first_seen_time, last_seen_time) "
            "SELECT $1, $2, $3, COUNT(*), $4, $5, $6 FROM source_kinds "
            "WHERE tenant = $1 AND source = $2 "
            "ON CONFLICT (tenant, source, kind) DO UPDATE SET "
            "signals = source_kinds.signals + excluded.signals, "
            "last_seen_time = CASE "
            "WHEN excluded.last_seen_time > source_kinds.last_seen_time "
            "THEN excluded.last_seen_time ELSE source_kinds.last_seen_time END",
            params)
        .status();
  }

  absl::Status Add(const LearnedSource::Question& one) {
    const Value question = Value::BorrowedBytes(one.version.question());
    const Value known[] = {tenant_,           source_,           question,        one.fingerprint,
                           one.answers.count, one.answers.first, one.answers.last};
    WM_ASSIGN_OR_RETURN(
        const sql::Result updated,
        connection_.Execute(
            "UPDATE source_questions SET answers = answers + $5, "
            "last_seen_time = CASE WHEN $7 > last_seen_time THEN $7 ELSE last_seen_time END, "
            "listed_since = CASE WHEN forgotten = 1 THEN $6 ELSE listed_since END, forgotten = 0 "
            "WHERE tenant = $1 AND source = $2 AND question = $3 AND fingerprint = $4",
            known));
    if (updated.rows_affected() > 0 || !TakeItem()) return absl::OkStatus();
    const Value fresh[] = {tenant_,
                           source_,
                           question,
                           one.fingerprint,
                           Value::Bytes(one.version.SerializeAsString()),
                           one.answers.count,
                           one.answers.first,
                           one.answers.last};
    return connection_
        .Execute(
            "INSERT INTO source_questions (tenant, source, question, version, fingerprint, "
            "definition, answers, first_seen_time, last_seen_time, listed_since, forgotten) "
            "SELECT $1, $2, $3, COALESCE(MAX(version), 0) + 1, $4, $5, $6, $7, $8, $7, 0 "
            "FROM source_questions WHERE tenant = $1 AND source = $2 AND question = $3",
            fresh)
        .status();
  }

  absl::Status Add(const LearnedSource::Activity& one) {
    const Value params[] = {
        tenant_,           source_,           Value::BorrowedBytes(one.activity),
        one.signals.count, one.signals.first, one.signals.last};
    WM_ASSIGN_OR_RETURN(
        const sql::Result updated,
        connection_.Execute(
            "UPDATE source_activities SET signals = signals + $4, "
            "last_seen_time = CASE WHEN $6 > last_seen_time THEN $6 ELSE last_seen_time END "
            "WHERE tenant = $1 AND source = $2 AND activity = $3",
            params));
    if (updated.rows_affected() > 0 || !TakeItem()) return absl::OkStatus();
    return connection_
        .Execute(
            "INSERT INTO source_activities (tenant, source, activity, signals, "
            "first_seen_time, last_seen_time) VALUES ($1, $2, $3, $4, $5, $6)",
            params)
        .status();
  }

  // Whether there is room for one more.
  bool TakeItem() {
    if (items_ >= kMaxSchemaItems) {
      truncated_ = true;
      return false;
    }
    ++items_;
    ++added_;
    return true;
  }

  Connection& connection_;
  const LearnedSource& learned_;
  const Value tenant_;
  const Value source_;
  int64_t items_ = 0;
  int64_t added_ = 0;
  bool truncated_ = false;
};

absl::Status ReadQuestions(Connection& connection, absl::Span<const Value> name,
                           KnownSchema* schema) {
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT version, definition, answers, first_seen_time, last_seen_time, "
                         "listed_since FROM source_questions "
                         "WHERE tenant = $1 AND source = $2 AND forgotten = 0 "
                         "ORDER BY question, version",
                         name));
  for (const Row row : result) {
    KnownSchema::Question& one = schema->questions.emplace_back();
    const absl::string_view definition = row.View(1);
    if (!one.version.ParseFromArray(definition.data(), static_cast<int>(definition.size()))) {
      return absl::DataLossError("a question of a source cannot be read");
    }
    one.version.set_version(static_cast<int32_t>(row.Int(0)));
    one.version.set_answers(row.Int(2));
    *one.version.mutable_first_seen_time() = TimeUtil::MicrosecondsToTimestamp(row.Int(3));
    *one.version.mutable_last_seen_time() = TimeUtil::MicrosecondsToTimestamp(row.Int(4));
    one.listed_since = absl::FromUnixMicros(row.Int(5));
  }
  return absl::OkStatus();
}

absl::Status ReadActivities(Connection& connection, absl::Span<const Value> name,
                            KnownSchema* schema) {
  WM_ASSIGN_OR_RETURN(
      const sql::Result result,
      connection.Execute("SELECT activity, signals, first_seen_time, last_seen_time "
                         "FROM source_activities WHERE tenant = $1 AND source = $2 "
                         "ORDER BY activity",
                         name));
  for (const Row row : result) {
    v1::ActivityUse& one = schema->activities.emplace_back();
    one.set_activity(row.Bytes(0));
    one.set_signals(row.Int(1));
    *one.mutable_first_seen_time() = TimeUtil::MicrosecondsToTimestamp(row.Int(2));
    *one.mutable_last_seen_time() = TimeUtil::MicrosecondsToTimestamp(row.Int(3));
  }
  return absl::OkStatus();
}

absl::StatusOr<KnownSchema> ReadIn(Connection& connection, absl::string_view tenant,
                                   absl::string_view source) {
  KnownSchema schema;
  const Value name[] = {tenant, source};
  WM_ASSIGN_OR_RETURN(
      const sql::Result kinds,
      connection.Execute("SELECT kind, signals, first_seen_time, last_seen_time FROM source_kinds "
                         "WHERE tenant = $1 AND source = $2 ORDER BY ordinal",
                         name));
  // Whatever teaches anything has a kind.
  if (kinds.empty()) return schema;
  for (const Row row : kinds) {
    schema.kinds.push_back({.kind = static_cast<v1::SourceKind>(row.Int(0)),
                            .signals = row.Int(1),
                            .first_seen = absl::FromUnixMicros(row.Int(2)),
                            .last_seen = absl::FromUnixMicros(row.Int(3))});
  }
  WM_RETURN_IF_ERROR(ReadQuestions(connection, name, &schema));
  WM_RETURN_IF_ERROR(ReadActivities(connection, name, &schema));
  WM_ASSIGN_OR_RETURN(
      const sql::Result totals,
      connection.Execute("SELECT truncated FROM source_schemas WHERE tenant = $1 AND source = $2",
                         name));
  schema.truncated = !totals.empty() && totals[0].Bool(0);
  return schema;
}

// Room is made for new activities, so the source is complete again as far as it goes.
absl::Status ForgetActivity(Connection& connection, absl::Span<const Value> params) {
  WM_ASSIGN_OR_RETURN(
      const sql::Result deleted,
      connection.Execute("DELETE FROM source_activities WHERE tenant = $1 AND source = $2 AND "
                         "activity = $3 AND last_seen_time <= $4",
                         params));
  if (deleted.rows_affected() == 0) return absl::OkStatus();
  return connection
      .Execute(
          "UPDATE source_schemas SET items = items - 1, truncated = 0 "
          "WHERE tenant = $1 AND source = $2",
          params.subspan(0, 2))
      .status();
}

// The rows stay, for the sake of the numbers.
absl::Status ForgetQuestion(Connection& connection, absl::Span<const Value> params) {
  return connection
      .Execute(
          "UPDATE source_questions SET forgotten = 1 WHERE tenant = $1 AND source = $2 AND "
          "question = $3 AND NOT EXISTS (SELECT 1 FROM source_questions AS newer "
          "WHERE newer.tenant = $1 AND newer.source = $2 AND newer.question = $3 AND "
          "newer.last_seen_time > $4)",
          params)
      .status();
}

}  // namespace

absl::Status SourceSchemaStore::Merge(Connection& connection, const SchemaLearner& learner) {
  for (const LearnedSource* learned : learner.Sources()) {
    WM_RETURN_IF_ERROR(Merger(&connection, *learned).Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<KnownSchema> SourceSchemaStore::Read(absl::string_view tenant,
                                                    absl::string_view source) const {
  KnownSchema schema;
  WM_RETURN_IF_ERROR(index_->RunRead([&](Connection& connection) -> absl::Status {
    WM_ASSIGN_OR_RETURN(schema, ReadIn(connection, tenant, source));
    return absl::OkStatus();
  }));
  return schema;
}

absl::Status SourceSchemaStore::ReadEach(
    absl::string_view tenant, absl::Span<const std::string> sources,
    absl::FunctionRef<void(size_t, const KnownSchema&)> visit) const {
  return index_->RunRead([&](Connection& connection) -> absl::Status {
    for (size_t i = 0; i < sources.size(); ++i) {
      WM_ASSIGN_OR_RETURN(const KnownSchema schema, ReadIn(connection, tenant, sources[i]));
      visit(i, schema);
    }
    return absl::OkStatus();
  });
}

absl::Status SourceSchemaStore::Forget(absl::string_view tenant, absl::string_view source,
                                       absl::Span<const v1::SchemaDrift> missing) const {
  return index_->RunTransaction([&](Connection& connection) -> absl::Status {
    for (const v1::SchemaDrift& one : missing) {
      const Value params[] = {tenant, source, Value::Bytes(one.subject()),
                              TimeUtil::TimestampToMicroseconds(one.time())};
      if (one.kind() == v1::SchemaDrift::KIND_QUESTION_MISSING) {
        WM_RETURN_IF_ERROR(ForgetQuestion(connection, params));
      } else if (one.kind() == v1::SchemaDrift::KIND_ACTIVITY_MISSING) {
        WM_RETURN_IF_ERROR(ForgetActivity(connection, params));
      }
    }
    return absl::OkStatus();
  });
}

}  // namespace waymark::feedback
