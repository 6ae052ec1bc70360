-- The newest schema of a till's file. A file gets there by the steps in `migrations/`; a test proves both equal.
--
-- Sacred: identity, log, entry, signed_head, sync, held_right, mint, quarantine, the desk's tables (desk, desk_step,
-- sign_on_try, receipt_mint, print_job), the reference data and the customers.
-- Everything from `order_summary` on is a projection of the entries and may be rebuilt at any time.

-- Whose file this is.
CREATE TABLE identity (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    tenant TEXT NOT NULL,
    store TEXT NOT NULL,
    node INTEGER NOT NULL CHECK (node BETWEEN 1 AND 1048575)
) STRICT;

-- Every log of which this file holds an entry, numbered in the order in which it came to know them.
-- `position` and `chain`: up to the last entry before the first gap. `acknowledged`: durable at the server of
-- the present epoch, and so possibly more than this file holds.
CREATE TABLE log (
    number INTEGER PRIMARY KEY,
    log BLOB NOT NULL UNIQUE CHECK (length(log) = 16),
    own INTEGER NOT NULL CHECK (own IN (0, 1)),
    position INTEGER NOT NULL CHECK (position >= 0),
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged >= 0)
) STRICT;
CREATE INDEX log_own ON log (own, number);

-- The changes, own and foreign, byte for byte. `chain`: of the log up to here, for entries that came where
-- it ended. `aside`: this till's own, and can't be read here: it is kept for its log, and is in no document.
-- `fed`: another node wrote it, and the feed of the server's present epoch has it; digests compare these.
-- `taken_minor` (of `currency`) is the money that the change took, `recorded_at` when this file got it.
CREATE TABLE entry (
    number INTEGER PRIMARY KEY,
    log BLOB NOT NULL CHECK (length(log) = 16),
    position INTEGER NOT NULL CHECK (position > 0),
    document BLOB NOT NULL CHECK (length(document) = 16),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    chain BLOB CHECK (length(chain) = 32),
    fed INTEGER NOT NULL CHECK (fed IN (0, 1)),
    recorded_at INTEGER NOT NULL,
    currency TEXT,
    taken_minor INTEGER NOT NULL,
    aside INTEGER NOT NULL CHECK (aside IN (0, 1)),
    change BLOB NOT NULL,
    UNIQUE (log, position)
) STRICT;
CREATE INDEX entry_document ON entry (document, log, position);
CREATE INDEX entry_fed ON entry (hash) WHERE fed = 1;

-- Signed heads of other tills' logs: proof of authorship for a server that lost them.
CREATE TABLE signed_head (
    log BLOB NOT NULL CHECK (length(log) = 16),
    position INTEGER NOT NULL CHECK (position > 0),
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    signature BLOB NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (log, position)
) STRICT, WITHOUT ROWID;

-- A log of this till that has two histories: the till is frozen until a person has looked.
CREATE TABLE fork (
    log BLOB PRIMARY KEY CHECK (length(log) = 16),
    position INTEGER NOT NULL CHECK (position > 0)
) STRICT, WITHOUT ROWID;

-- How far this file is with the server. No epoch: it never met one. `trouble`: why the two do not come together, where
-- that is for people to mend.
CREATE TABLE sync (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    epoch TEXT,
    feed_cursor INTEGER NOT NULL CHECK (feed_cursor >= 0),
    trouble TEXT,
    trouble_since INTEGER
) STRICT;
INSERT INTO sync (only, epoch, feed_cursor) VALUES (1, NULL, 0);

-- Rights that this till holds, and those that it gave up of which the server does not know yet (`given_up`), with whom
-- they are passed on to. Sacred: no other file knows of them once the server is restored from a backup.
CREATE TABLE held_right (
    document BLOB NOT NULL CHECK (length(document) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('resume', 'refund', 'handover')),
    since INTEGER NOT NULL,
    epoch TEXT,
    given_up INTEGER NOT NULL DEFAULT 0 CHECK (given_up IN (0, 1)),
    heir INTEGER CHECK (heir BETWEEN 1 AND 1048575),
    PRIMARY KEY (document, kind)
) STRICT, WITHOUT ROWID;

-- Sales of this till whose right to refund, which it has without a word of the server, it gave to another till.
CREATE TABLE right_away (
    document BLOB NOT NULL CHECK (length(document) = 16),
    kind TEXT NOT NULL,
    PRIMARY KEY (document, kind)
) STRICT, WITHOUT ROWID;

-- The greatest order number that this till is known to have issued.
CREATE TABLE mint (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    last_number INTEGER NOT NULL
) STRICT;

-- What came and could not be taken, with its reason; never in the way of the next, never dropped.
CREATE TABLE quarantine (
    number INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    log BLOB NOT NULL CHECK (length(log) = 16),
    position INTEGER NOT NULL,
    document BLOB NOT NULL CHECK (length(document) = 16),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    reason TEXT NOT NULL,
    change BLOB NOT NULL,
    UNIQUE (log, position, document, hash)
) STRICT;

-- The desk. Who is at the till and whether they locked it, whether training is on, the order that a card payment began
-- for the open basket (`paying`), and the sale or return that was finished last (`last`).
CREATE TABLE desk (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    user TEXT,
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    training INTEGER NOT NULL CHECK (training IN (0, 1)),
    paying BLOB CHECK (length(paying) = 16),
    last BLOB CHECK (length(last) = 16)
) STRICT;
INSERT INTO desk (only, user, locked, training, paying, last) VALUES (1, NULL, 0, 0, NULL, NULL);

-- What happened to the open basket and its payment, each before it was shown. Cleared by what ends the basket.
CREATE TABLE desk_step (
    number INTEGER PRIMARY KEY,
    step TEXT NOT NULL
) STRICT;

-- Wrong tries to sign on, counted before they are answered.
CREATE TABLE sign_on_try (
    user TEXT PRIMARY KEY,
    throttle TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The last receipt that was numbered by this file.
CREATE TABLE receipt_mint (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    last_count INTEGER NOT NULL CHECK (last_count > 0)
) STRICT;

-- What is to be printed, in this order. `kick`: it opens the drawer, and is worth nothing a minute later. `begun`: bytes
-- of it may have reached the printer. `kept`: it is a Z report, which is not given up with the rest of the queue.
CREATE TABLE print_job (
    number INTEGER PRIMARY KEY,
    queued_at INTEGER NOT NULL,
    kick INTEGER NOT NULL CHECK (kick IN (0, 1)),
    kept INTEGER NOT NULL DEFAULT 0 CHECK (kept IN (0, 1)),
    begun INTEGER NOT NULL DEFAULT 0 CHECK (begun IN (0, 1)),
    bytes BLOB NOT NULL
) STRICT;

-- Reference data, as the server gave it.
CREATE TABLE reference (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO reference (only, version) VALUES (1, 0);

-- Customers: personal data, which can be erased and is in no document.
CREATE TABLE customer (
    customer TEXT PRIMARY KEY,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The words by which each is found.
CREATE TABLE customer_word (
    word TEXT NOT NULL,
    customer TEXT NOT NULL,
    PRIMARY KEY (word, customer)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_word_customer ON customer_word (customer);

-- Customers that were written or erased here and of which headquarters does not know yet; erased where there is no record.
CREATE TABLE customer_unsent (
    customer TEXT PRIMARY KEY,
    record TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE product (
    number INTEGER PRIMARY KEY,
    sku TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
) STRICT;

-- The words of each product's name, stock code and barcodes, by its number. Beginnings of one to three characters have
-- an index of their own: the first keys that somebody types are the ones with the most hits. Words are folded before they
-- come here, so that a search and the index divide every script alike.
CREATE VIRTUAL TABLE product_word USING fts5 (
    words, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3',
    tokenize = 'ascii'
);

CREATE TABLE product_gtin (
    gtin INTEGER PRIMARY KEY,
    sku TEXT NOT NULL
) STRICT;
CREATE INDEX product_gtin_sku ON product_gtin (sku);

CREATE TABLE setting (
    store TEXT PRIMARY KEY,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
    user TEXT PRIMARY KEY,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Projections.

CREATE TABLE order_summary (
    document BLOB PRIMARY KEY CHECK (length(document) = 16),
    number INTEGER NOT NULL,
    store TEXT NOT NULL,
    business_date TEXT NOT NULL,
    customer TEXT,
    status TEXT NOT NULL,
    currency TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    held_minor INTEGER NOT NULL,
    suspended_by INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX order_summary_suspended ON order_summary (document) WHERE suspended_by IS NOT NULL;
CREATE INDEX order_summary_customer ON order_summary (customer, document) WHERE customer IS NOT NULL;

CREATE TABLE return_summary (
    document BLOB PRIMARY KEY CHECK (length(document) = 16),
    number INTEGER NOT NULL,
    original BLOB,
    store TEXT NOT NULL,
    business_date TEXT NOT NULL,
    completed INTEGER NOT NULL CHECK (completed IN (0, 1)),
    currency TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX return_summary_original ON return_summary (original, document) WHERE original IS NOT NULL;

CREATE TABLE session_summary (
    document BLOB PRIMARY KEY CHECK (length(document) = 16),
    till INTEGER NOT NULL,
    store TEXT NOT NULL,
    business_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX session_summary_open ON session_summary (till, document) WHERE is_open = 1;

CREATE INDEX session_summary_date ON session_summary (store, business_date);

-- Papers about a store's safe.
CREATE TABLE safe_summary (
    document BLOB PRIMARY KEY CHECK (length(document) = 16),
    store TEXT NOT NULL,
    business_date TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX safe_summary_date ON safe_summary (store, business_date);

-- Which orders and returns have money or an opening in which session.
CREATE TABLE session_document (
    session BLOB NOT NULL CHECK (length(session) = 16),
    document BLOB NOT NULL CHECK (length(document) = 16),
    PRIMARY KEY (session, document)
) STRICT, WITHOUT ROWID;

-- Every number by which a document goes or went, of orders and returns.
CREATE TABLE document_number (
    number INTEGER NOT NULL,
    document BLOB NOT NULL CHECK (length(document) = 16),
    PRIMARY KEY (number, document)
) STRICT, WITHOUT ROWID;

-- The numbers of receipts, which are without gaps at each till.
CREATE TABLE document_receipt (
    till INTEGER NOT NULL,
    count INTEGER NOT NULL,
    document BLOB NOT NULL CHECK (length(document) = 16),
    PRIMARY KEY (till, count, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE external_reference (
    channel TEXT NOT NULL,
    value TEXT NOT NULL,
    document BLOB NOT NULL CHECK (length(document) = 16),
    PRIMARY KEY (channel, value, document)
) STRICT, WITHOUT ROWID;

-- Stock on hand, which may be negative, in thousandths of the measure, and of how many rises and falls it is the sum.
CREATE TABLE stock_level (
    store TEXT NOT NULL,
    product TEXT NOT NULL,
    measure TEXT NOT NULL,
    movements INTEGER NOT NULL,
    thousandths INTEGER NOT NULL,
    PRIMARY KEY (store, product, measure)
) STRICT, WITHOUT ROWID;

-- Of each of this till's logs, what the server does not have: how many changes, and the money that they took, less
-- what they gave back. `currency` is empty for changes that took none.
CREATE TABLE unsent (
    log BLOB NOT NULL CHECK (length(log) = 16),
    currency TEXT NOT NULL,
    entries INTEGER NOT NULL CHECK (entries > 0),
    taken_minor INTEGER NOT NULL,
    PRIMARY KEY (log, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE misfit (
    document BLOB NOT NULL CHECK (length(document) = 16),
    line INTEGER NOT NULL,
    misfit TEXT NOT NULL,
    PRIMARY KEY (document, line)
) STRICT, WITHOUT ROWID;
