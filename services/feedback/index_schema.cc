#include "services/feedback/index_schema.h"

namespace waymark::feedback {
namespace {

// Every signal gets a number in order of the feed; a bucket is what shares number >> 18 (see
// index_page.h). All keys start with (tenant, bucket), so that rows go into a part of the tree that
// fits into memory however large the whole has grown; a query visits the buckets of its tenant.
//
// index_journal: the fingerprint of the journal that is indexed. index_shards: how far each shard
// of the journal is indexed. index_superseded: entries that no longer count. customer, account and
// conversation are keyed hashes: nothing here names a person. The same on both databases, but that
// SQLite keeps rows in their key's tree (END).
#define WM_INDEX_TABLES(END)                                               \
  "CREATE TABLE index_journal ("                                           \
  "  id BIGINT PRIMARY KEY,"                                               \
  "  fingerprint BIGINT NOT NULL"                                          \
  ");"                                                                     \
  "CREATE TABLE index_shards ("                                            \
  "  shard BIGINT PRIMARY KEY,"                                            \
  "  tx BIGINT NOT NULL,"                                                  \
  "  seq BIGINT NOT NULL,"                                                 \
  "  entry BIGINT NOT NULL,"                                               \
  "  next_number BIGINT NOT NULL"                                          \
  ");"                                                                     \
  "CREATE TABLE index_buckets ("                                           \
  "  tenant TEXT NOT NULL,"                                                \
  "  bucket BIGINT NOT NULL,"                                              \
  "  first_time BIGINT NOT NULL,"                                          \
  "  last_time BIGINT NOT NULL,"                                           \
  "  PRIMARY KEY (tenant, bucket)"                                         \
  ");"                                                                     \
  "CREATE TABLE index_superseded ("                                        \
  "  tx BIGINT NOT NULL,"                                                  \
  "  seq BIGINT NOT NULL,"                                                 \
  "  entry BIGINT NOT NULL,"                                               \
  "  PRIMARY KEY (tx, seq, entry)"                                         \
  ") " END                                                                 \
  ";"                                                                      \
  "CREATE TABLE index_signals ("                                           \
  "  tenant TEXT NOT NULL,"                                                \
  "  bucket BIGINT NOT NULL,"                                              \
  "  event_time BIGINT NOT NULL,"                                          \
  "  sequence BIGINT NOT NULL,"                                            \
  "  number BIGINT NOT NULL,"                                              \
  "  source TEXT NOT NULL,"                                                \
  "  kind BIGINT NOT NULL,"                                                \
  "  customer BIGINT NOT NULL,"                                            \
  "  account BIGINT NOT NULL,"                                             \
  "  tx BIGINT NOT NULL,"                                                  \
  "  seq BIGINT NOT NULL,"                                                 \
  "  entry BIGINT NOT NULL,"                                               \
  "  PRIMARY KEY (tenant, bucket, event_time, sequence, number)"           \
  ") " END                                                                 \
  ";"                                                                      \
  "CREATE TABLE index_customers ("                                         \
  "  tenant TEXT NOT NULL,"                                                \
  "  bucket BIGINT NOT NULL,"                                              \
  "  customer BIGINT NOT NULL,"                                            \
  "  event_time BIGINT NOT NULL,"                                          \
  "  sequence BIGINT NOT NULL,"                                            \
  "  number BIGINT NOT NULL,"                                              \
  "  tx BIGINT NOT NULL,"                                                  \
  "  seq BIGINT NOT NULL,"                                                 \
  "  entry BIGINT NOT NULL,"                                               \
  "  PRIMARY KEY (tenant, bucket, customer, event_time, sequence, number)" \
  ") " END                                                                 \
  ";"                                                                      \
  "CREATE TABLE index_conversations ("                                     \
  "  tenant TEXT NOT NULL,"                                                \
  "  bucket BIGINT NOT NULL,"                                              \
  "  conversation BIGINT NOT NULL,"                                        \
  "  number BIGINT NOT NULL,"                                              \
  "  tx BIGINT NOT NULL,"                                                  \
  "  seq BIGINT NOT NULL,"                                                 \
  "  entry BIGINT NOT NULL,"                                               \
  "  PRIMARY KEY (tenant, bucket, conversation, number)"                   \
  ") " END                                                                 \
  ";"                                                                      \
  "CREATE TABLE index_texts ("                                             \
  "  tenant TEXT NOT NULL,"                                                \
  "  bucket BIGINT NOT NULL,"                                              \
  "  number BIGINT NOT NULL,"                                              \
  "  event_time BIGINT NOT NULL,"                                          \
  "  sequence BIGINT NOT NULL,"                                            \
  "  source TEXT NOT NULL,"                                                \
  "  kind BIGINT NOT NULL,"                                                \
  "  customer BIGINT NOT NULL,"                                            \
  "  account BIGINT NOT NULL,"                                             \
  "  tx BIGINT NOT NULL,"                                                  \
  "  seq BIGINT NOT NULL,"                                                 \
  "  entry BIGINT NOT NULL,"                                               \
  "  PRIMARY KEY (tenant, bucket, number)"                                 \
  ") " END ";"

// The words of index_texts: on SQLite beside it, by number; they are not kept themselves. What a
// transaction adds is sorted in memory as long as it has less than 64 MB, and merged less often
// than usual: with the defaults indexing costs twice as much, and ever more.
constexpr char kSqliteWords[] = WM_INDEX_TABLES("WITHOUT ROWID") R"sql(
CREATE VIRTUAL TABLE index_words USING fts5(
  words, content='', columnsize=0, tokenize='unicode61 remove_diacritics 0'
);
INSERT INTO index_words (index_words, rank) VALUES ('hashsize', 67108864);
INSERT INTO index_words (index_words, rank) VALUES ('automerge', 8);
)sql";

// On PostgreSQL the words stand in the row as the text of a tsvector, with their places: read as
// such, not through its parser, whose idea of a word depends on the server's locale.
constexpr char kPostgresWords[] = WM_INDEX_TABLES("") R"sql(
ALTER TABLE index_texts ADD COLUMN words TEXT NOT NULL;
CREATE INDEX index_texts_by_word ON index_texts USING gin (CAST(words AS tsvector));
)sql";

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
    {.version = 1,
     .sql = kSourceSchemas,
     .sqlite_sql = kSqliteWords,
     .postgres_sql = kPostgresWords},
};

}  // namespace

absl::Span<const sql::Migration> IndexMigrations() { return kMigrations; }

}  // namespace waymark::feedback
