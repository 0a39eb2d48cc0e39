-- One partner and one endpoint, chosen at the first use.
CREATE TABLE bound (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  partner TEXT NOT NULL,
  endpoint TEXT NOT NULL
);

-- A row is a sale. Times are microseconds since 1970, amounts the currency's smallest unit. What is evaluated at each
-- write compares with OR: for an IN list SQLite would build a temporary table each time.
CREATE TABLE sale (
  seq INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL UNIQUE,
  card TEXT NOT NULL,
  checksum TEXT,
  minor_units INTEGER NOT NULL,
  currency TEXT NOT NULL,
  details TEXT,
  state TEXT NOT NULL CHECK (state = 'sending' OR state = 'activated' OR state = 'rejected' OR state = 'unknown'
    OR state = 'reversing' OR state = 'deactivated' OR state = 'attention'),
  attempts INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  lease_until INTEGER,
  holder INTEGER,
  fence INTEGER NOT NULL DEFAULT 1,
  confirmed INTEGER NOT NULL DEFAULT 0,
  voided INTEGER NOT NULL DEFAULT 0,
  reversal_tries INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER,
  expiration TEXT,
  note TEXT
);

CREATE INDEX sale_started ON sale (started_at);
CREATE UNIQUE INDEX sale_open ON sale (card)
  WHERE state = 'sending' OR state = 'unknown' OR state = 'reversing';

CREATE TRIGGER sale_is_for_good BEFORE UPDATE OF request_id, card, checksum, minor_units, currency, details ON sale
BEGIN SELECT RAISE(ABORT, 'what was sold never changes'); END;

CREATE TRIGGER sale_without_outcome BEFORE DELETE ON sale WHEN old.state IN ('sending', 'unknown', 'reversing')
BEGIN SELECT RAISE(ABORT, 'a sale without an outcome is never deleted'); END;

-- What was about to be done, and what came of it, in order.
CREATE TABLE history (
  seq INTEGER PRIMARY KEY,
  request_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  event TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  note TEXT
);

CREATE TRIGGER history_keeps BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

CREATE TRIGGER history_stands BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
