#include "services/action/schema.h"

namespace waymark::action {
namespace {

constexpr sql::Migration kMigrations[] = {
    {.version = 1,
     .sql = R"sql(
CREATE TABLE programmes (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  state BIGINT NOT NULL,
  list_order BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX programmes_in_order ON programmes (tenant, list_order, id);
CREATE TABLE actions (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  state BIGINT NOT NULL,
  list_order BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX actions_in_order ON actions (tenant, list_order, id);
CREATE INDEX actions_by_state ON actions (tenant, state, list_order, id);
CREATE TABLE cases (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  state BIGINT NOT NULL,
  list_order BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX cases_in_order ON cases (tenant, list_order, id);
CREATE INDEX cases_by_state ON cases (tenant, state, list_order, id);
CREATE TABLE create_answers (
  tenant TEXT NOT NULL,
  collection TEXT NOT NULL,
  request_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  create_micros BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, collection, request_id)
);
CREATE INDEX create_answers_by_age ON create_answers (create_micros);
)sql",
     // Pages go by id byte by byte, as SQLite sorts, whatever the server's locale.
     .postgres_sql = R"sql(
ALTER TABLE programmes ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE actions ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE cases ALTER COLUMN id TYPE TEXT COLLATE "C";
)sql"},
};

}  // namespace

absl::Span<const sql::Migration> Migrations() { return kMigrations; }

}  // namespace waymark::action
