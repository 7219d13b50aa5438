#include "services/feedback/index_schema.h"

namespace waymark::feedback {
namespace {

// What sources send: see source_schema.h. `items` counts the rows of a source in source_questions
// and source_activities; questions and activities may hold any character, NUL too.
constexpr char kSourceSchemas[] = R"sql(
CREATE TABLE source_schemas (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  items BIGINT NOT NULL,
  truncated BIGINT NOT NULL,
  PRIMARY KEY (tenant, source)
);

CREATE TABLE source_kinds (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  kind BIGINT NOT NULL,
  ordinal BIGINT NOT NULL,
  signals BIGINT NOT NULL,
  first_seen_time BIGINT NOT NULL,
  last_seen_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, source, kind)
);

CREATE TABLE source_questions (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  question BYTEA NOT NULL,
  version BIGINT NOT NULL,
  fingerprint BIGINT NOT NULL,
  definition BYTEA NOT NULL,
  answers BIGINT NOT NULL,
  first_seen_time BIGINT NOT NULL,
  last_seen_time BIGINT NOT NULL,
  listed_since BIGINT NOT NULL,
  forgotten BIGINT NOT NULL,
  PRIMARY KEY (tenant, source, question, version)
);

CREATE TABLE source_activities (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  activity BYTEA NOT NULL,
  signals BIGINT NOT NULL,
  first_seen_time BIGINT NOT NULL,
  last_seen_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, source, activity)
);
)sql";

constexpr sql::Migration kMigrations[] = {
    {.version = 1, .sql = kSourceSchemas},
};

}  // namespace

absl::Span<const sql::Migration> IndexMigrations() { return kMigrations; }

}  // namespace waymark::feedback
