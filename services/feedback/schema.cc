#include "services/feedback/schema.h"

namespace waymark::feedback {
namespace {

// journal_blocks: see block.h and position.h. `shard` is what divides the work of indexing. `bytes`
// is the payload's size, `last_index` the index of its last entry, so that a reader knows what it
// would get without reading it.
constexpr char kTables[] = R"sql(
CREATE TABLE journal_blocks (
  tx BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  tenant TEXT NOT NULL,
  shard BIGINT NOT NULL,
  record_time BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  last_index BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  keys BYTEA NOT NULL,
  payload BYTEA NOT NULL,
  PRIMARY KEY (tx, seq)
);
CREATE INDEX journal_blocks_by_tenant ON journal_blocks (tenant, tx, seq);
CREATE INDEX journal_blocks_by_shard ON journal_blocks (shard, tx, seq);

CREATE TABLE sources (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  slot BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  last_seen_time BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  duplicate BIGINT NOT NULL,
  stale BIGINT NOT NULL,
  conflict BIGINT NOT NULL,
  quarantined BIGINT NOT NULL,
  PRIMARY KEY (tenant, source, slot)
);

CREATE TABLE quarantine (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  source TEXT NOT NULL,
  record_time BIGINT NOT NULL,
  record BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX quarantine_by_time ON quarantine (tenant, record_time, id);

CREATE TABLE touchpoint_catalogues (
  tenant TEXT NOT NULL,
  revision BIGINT NOT NULL,
  catalogue BYTEA NOT NULL,
  scanned TEXT NOT NULL,
  scan_end TEXT NOT NULL,
  PRIMARY KEY (tenant, revision)
);

CREATE TABLE hash_keys (
  id BIGINT PRIMARY KEY,
  k0 BIGINT NOT NULL,
  k1 BIGINT NOT NULL
);
)sql";

// SQLite's one writer keeps the keys in memory instead. Payloads are not worth compressing: what
// matters is how fast they go in.
constexpr char kPostgresTables[] = R"sql(
ALTER TABLE journal_blocks ALTER COLUMN keys SET STORAGE EXTERNAL;
ALTER TABLE journal_blocks ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE signal_keys (
  key_hi BIGINT NOT NULL,
  key_lo BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  content BIGINT NOT NULL,
  partial BIGINT NOT NULL,
  tx BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  PRIMARY KEY (key_hi, key_lo)
);
)sql";

// quarantine.content: the content hash of what came in as the row's signal; NULL: the one in its
// id. source_settings: what people say of a source; its counters are in `sources`.
constexpr char kRegistry[] = R"sql(
ALTER TABLE quarantine ADD COLUMN content BIGINT;

CREATE TABLE source_settings (
  tenant TEXT NOT NULL,
  source TEXT NOT NULL,
  create_time BIGINT NOT NULL,
  settings BYTEA NOT NULL,
  schema_accept_time BIGINT,
  retire_time BIGINT,
  PRIMARY KEY (tenant, source)
);
)sql";

// customer_erasures: see erasure_store.h; the customer's keyed hash, where the erasure stands in
// the feed, and how far it is. Where a client gave no request_id it is the id. From here on a row
// of signal_keys whose position is 0 is an erased key.
constexpr char kErasures[] = R"sql(
ALTER TABLE sources ADD COLUMN erased BIGINT NOT NULL DEFAULT 0;

CREATE TABLE customer_erasures (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  customer_hi BIGINT NOT NULL,
  customer_lo BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  done_time BIGINT,
  tx BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  accepted_with TEXT NOT NULL,
  stage BIGINT NOT NULL,
  scanned TEXT NOT NULL,
  entries BIGINT NOT NULL,
  quarantined BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX customer_erasures_by_request ON customer_erasures (tenant, request_id);
CREATE INDEX customer_erasures_pending ON customer_erasures (tenant, id) WHERE done_time IS NULL;
)sql";

// tenant_revisions: how often links or corrections of a tenant have changed, and the last
// transaction that did, see revision_store.h. customer_links.low and high are the pair in order;
// `revision` is that of the linking. signal_corrections.correction is an Enrichment.
constexpr char kPeopleSay[] = R"sql(
CREATE TABLE tenant_revisions (
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  revision BIGINT NOT NULL,
  tx BIGINT NOT NULL,
  PRIMARY KEY (tenant, subject)
);

CREATE TABLE customer_links (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  low TEXT NOT NULL,
  high TEXT NOT NULL,
  revision BIGINT NOT NULL,
  link BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX customer_links_by_low ON customer_links (tenant, low);
CREATE INDEX customer_links_by_high ON customer_links (tenant, high);
CREATE INDEX customer_links_by_revision ON customer_links (tenant, revision);

CREATE TABLE customer_link_requests (
  tenant TEXT NOT NULL,
  request_id TEXT NOT NULL,
  id TEXT NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, request_id)
);
CREATE INDEX customer_link_requests_by_time ON customer_link_requests (create_time);

CREATE TABLE signal_corrections (
  tenant TEXT NOT NULL,
  key_hi BIGINT NOT NULL,
  key_lo BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  tx BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  correction BYTEA NOT NULL,
  PRIMARY KEY (tenant, key_hi, key_lo)
);
CREATE INDEX signal_corrections_by_revision ON signal_corrections (tenant, revision);
)sql";

// tenant_revisions.tx and signal_keys are of the time when replicas wrote beside each other.
constexpr char kTurns[] = R"sql(
ALTER TABLE tenant_revisions DROP COLUMN tx;
)sql";
constexpr char kPostgresTurns[] = R"sql(
DROP TABLE signal_keys;
)sql";

constexpr sql::Migration kMigrations[] = {
    {.version = 1, .sql = kTables, .postgres_sql = kPostgresTables},
    {.version = 2, .sql = kRegistry},
    {.version = 3, .sql = kErasures},
    {.version = 4, .sql = kPeopleSay},
    {.version = 5, .sql = kTurns, .postgres_sql = kPostgresTurns},
};

}  // namespace

absl::Span<const sql::Migration> Migrations() { return kMigrations; }

}  // namespace waymark::feedback
