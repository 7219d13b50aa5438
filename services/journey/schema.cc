#include "services/journey/schema.h"

namespace waymark::journey {
namespace {

constexpr sql::Migration kMigrations[] = {
    {.version = 1,
     .sql = R"sql(
CREATE TABLE touchpoints (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE TABLE personas (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE TABLE journey_maps (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE TABLE journey_map_revisions (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  revision BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant, id, revision)
);
CREATE TABLE journey_map_references (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  map_id TEXT NOT NULL,
  PRIMARY KEY (tenant, name, map_id)
);
CREATE INDEX journey_map_references_by_map ON journey_map_references (tenant, map_id);
CREATE TABLE touchpoint_catalogues (
  tenant TEXT NOT NULL,
  revision BIGINT NOT NULL,
  acknowledged_revision BIGINT NOT NULL,
  PRIMARY KEY (tenant)
);
)sql",
     // Pages and placement rules go by id byte by byte, as SQLite sorts, whatever the server's
     // locale.
     .postgres_sql = R"sql(
ALTER TABLE touchpoints ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE personas ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE journey_maps ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE journey_map_references ALTER COLUMN map_id TYPE TEXT COLLATE "C";
)sql"},
};

}  // namespace

absl::Span<const sql::Migration> Migrations() { return kMigrations; }

}  // namespace waymark::journey
