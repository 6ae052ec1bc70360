-- What is made from the log, version 1: a file beside the server's own. It may be deleted while no server runs; then it
-- is made again. Ids are big-endian bytes, amounts are minor units.

-- The last entry of the log that the rows include, and its hash: a file that was made from another log is told by it.
CREATE TABLE projected (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
  entry INTEGER NOT NULL,
  hash BLOB CHECK (length(hash) = 32)
) STRICT;
INSERT INTO projected (only, entry) VALUES (1, 0);

-- keys and movements are JSON: under what the document is in the tables of keys below, and what it moved. A row for each
-- movement, and an index by document over each table of keys, were half of all that the projection wrote.
CREATE TABLE document_row (
  document BLOB NOT NULL PRIMARY KEY,
  kind TEXT,
  keys TEXT NOT NULL,
  movements TEXT NOT NULL,
  view TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE order_row (
  document BLOB NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL,
  store TEXT NOT NULL,
  till INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  status TEXT NOT NULL,
  canonical BLOB NOT NULL,
  total_minor INTEGER NOT NULL,
  paid_minor INTEGER NOT NULL,
  refunded_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX order_row_by_store ON order_row (store, document);
CREATE INDEX order_row_by_date ON order_row (business_date, document);

CREATE TABLE return_row (
  document BLOB NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL,
  store TEXT NOT NULL,
  till INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  status TEXT NOT NULL,
  order_document BLOB,
  refunded_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX return_row_by_date ON return_row (business_date, document);

CREATE TABLE session_row (
  document BLOB NOT NULL PRIMARY KEY,
  store TEXT NOT NULL,
  till INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  status TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE misfit_row (
  document BLOB NOT NULL,
  place INTEGER NOT NULL,
  store TEXT,
  name TEXT NOT NULL,
  view TEXT NOT NULL,
  PRIMARY KEY (document, place)
) STRICT, WITHOUT ROWID;

-- The tables of keys: what finds a document.

CREATE TABLE number_row (
  number INTEGER NOT NULL,
  document BLOB NOT NULL,
  PRIMARY KEY (number, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE reference_row (
  channel TEXT NOT NULL,
  value TEXT NOT NULL,
  document BLOB NOT NULL,
  PRIMARY KEY (channel, value, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE day_row (
  store TEXT NOT NULL,
  business_date TEXT NOT NULL,
  document BLOB NOT NULL,
  PRIMARY KEY (store, business_date, document)
) STRICT, WITHOUT ROWID;

-- The till sessions that a document names.
CREATE TABLE named_session_row (
  session BLOB NOT NULL,
  document BLOB NOT NULL,
  PRIMARY KEY (session, document)
) STRICT, WITHOUT ROWID;

-- The sums of the stock ledger: how many movements, and what is on hand.
CREATE TABLE stock_row (
  store TEXT NOT NULL,
  product TEXT NOT NULL,
  measure TEXT NOT NULL,
  movements INTEGER NOT NULL,
  thousandths INTEGER NOT NULL,
  PRIMARY KEY (store, product, measure)
) STRICT, WITHOUT ROWID;
