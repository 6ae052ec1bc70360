-- The server's store, version 1. What is made from it is in a file of its own: made.sql.
-- Ids and hashes are big-endian bytes, times are milliseconds since 1970 (UTC), amounts are minor units.

-- newest_right is when the newest right counts as given, whoever gave it.
CREATE TABLE server (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  tenant TEXT NOT NULL,
  epoch BLOB NOT NULL CHECK (length(epoch) = 16),
  next_node INTEGER NOT NULL,
  reference_version INTEGER NOT NULL,
  quarantine_end INTEGER NOT NULL,
  last_own_number INTEGER,
  newest_right INTEGER NOT NULL DEFAULT 0
) STRICT;

-- feed_end is the counter that a store's feed is numbered from.
CREATE TABLE store (
  store TEXT NOT NULL PRIMARY KEY,
  added_at INTEGER NOT NULL,
  feed_end INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
  node INTEGER NOT NULL PRIMARY KEY,
  store TEXT NOT NULL REFERENCES store,
  enrolled_at INTEGER NOT NULL,
  revoked_at INTEGER,
  frozen_at INTEGER,
  frozen_because TEXT,
  -- The last freeze that an operator lifted.
  unfrozen_at INTEGER,
  unfrozen_because TEXT,
  cloned_at INTEGER,
  last_contact_at INTEGER,
  complete_to INTEGER,
  -- Since the epoch began it has not told what it has: it may hold rights that the file does not know of.
  awaited INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Numbers that were shut out while the registry did not know who has them: after a restored backup.
CREATE TABLE revoked_number (
  node INTEGER NOT NULL PRIMARY KEY,
  revoked_at INTEGER NOT NULL
) STRICT;

CREATE TABLE node_key (
  node INTEGER NOT NULL REFERENCES node,
  place INTEGER NOT NULL,
  public_key BLOB NOT NULL CHECK (length(public_key) = 32),
  since INTEGER NOT NULL,
  PRIMARY KEY (node, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment_code (
  secret BLOB NOT NULL PRIMARY KEY CHECK (length(secret) = 32),
  store TEXT NOT NULL REFERENCES store,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_by INTEGER REFERENCES node,
  used_key BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
  id TEXT NOT NULL PRIMARY KEY,
  secret BLOB NOT NULL CHECK (length(secret) = 32),
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
  log BLOB NOT NULL PRIMARY KEY CHECK (length(log) = 16),
  node INTEGER NOT NULL,
  position INTEGER NOT NULL,
  chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_by_node ON log (node, log);

CREATE TABLE log_signature (
  log BLOB NOT NULL,
  position INTEGER NOT NULL,
  chain BLOB NOT NULL CHECK (length(chain) = 32),
  signature BLOB NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (log, position)
) STRICT, WITHOUT ROWID;

-- There is no index over the hash: its values are random, and such an index makes a large log slow to write. The one
-- reader by hash, the rare repair, walks a feed.
CREATE TABLE entry (
  number INTEGER NOT NULL PRIMARY KEY,
  log BLOB NOT NULL,
  position INTEGER NOT NULL,
  document BLOB NOT NULL CHECK (length(document) = 16),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  chain BLOB NOT NULL CHECK (length(chain) = 32),
  last_counter INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (log, position)
) STRICT;
CREATE INDEX entry_by_document ON entry (document, number);

-- begun is the entry that began the document; none while only later entries have come in.
CREATE TABLE document (
  document BLOB NOT NULL PRIMARY KEY CHECK (length(document) = 16),
  begun INTEGER REFERENCES entry,
  kind TEXT,
  refers_to BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX document_by_reference ON document (refers_to, document) WHERE refers_to IS NOT NULL;

CREATE TABLE document_scope (
  document BLOB NOT NULL REFERENCES document,
  store TEXT NOT NULL REFERENCES store,
  PRIMARY KEY (document, store)
) STRICT, WITHOUT ROWID;

-- aside is what is in quarantine: its author alone reads it, to have its own log whole.
CREATE TABLE feed (
  store TEXT NOT NULL REFERENCES store,
  number INTEGER NOT NULL,
  entry INTEGER REFERENCES entry,
  aside INTEGER REFERENCES quarantine CHECK ((entry IS NULL) <> (aside IS NULL)),
  PRIMARY KEY (store, number)
) STRICT, WITHOUT ROWID;

-- chain is there where the place in the log counts as used.
CREATE TABLE quarantine (
  number INTEGER NOT NULL PRIMARY KEY,
  log BLOB NOT NULL,
  position INTEGER NOT NULL,
  document BLOB NOT NULL,
  hash BLOB NOT NULL,
  chain BLOB,
  bytes BLOB NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  delivered_by INTEGER NOT NULL,
  at INTEGER NOT NULL,
  released INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_by_place ON quarantine (log, position);
CREATE INDEX quarantine_by_document ON quarantine (document, log, position) WHERE chain IS NOT NULL;

CREATE TABLE own_cursor (
  name TEXT NOT NULL PRIMARY KEY,
  entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction (
  cause BLOB NOT NULL PRIMARY KEY CHECK (length(cause) = 16)
) STRICT, WITHOUT ROWID;

CREATE TABLE held_right (
  document BLOB NOT NULL,
  kind TEXT NOT NULL,
  node INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (document, kind)
) STRICT, WITHOUT ROWID;

-- json is absent where the record was removed.
CREATE TABLE reference_record (
  key TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL UNIQUE,
  json TEXT
) STRICT, WITHOUT ROWID;
