-- The secret of batches' request ids, made with the first batch.
ALTER TABLE bound ADD COLUMN batch_key BLOB;

-- Whether somebody has the file open, who began to use it last, and which file it was then: a copy is another one.
CREATE TABLE life (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  open INTEGER NOT NULL,
  session INTEGER NOT NULL,
  file TEXT
);
INSERT INTO life (one, open, session) VALUES (1, 0, 0);

-- When requests of the account went, and when those that wait will go, in microseconds, eight bytes each; and when the
-- last turn was taken.
CREATE TABLE pace (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  at INTEGER NOT NULL,
  turns BLOB NOT NULL
);
INSERT INTO pace (one, at, turns) VALUES (1, 0, x'');

-- When a caller last asked for the activation. sent_at was when an attempt was claimed and is the latest time that a
-- signature may bear now, an hour later at the most; both are by the gateway's clock. lease_until is by the machine's
-- uptime, and whoever wrote another time there has closed the file.
ALTER TABLE sale ADD COLUMN asked_at INTEGER;
-- Outcomes that nobody heard. It is in no checksum: what is listed here is in the row anyway.
ALTER TABLE sale ADD COLUMN untold INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sale_untold ON sale (started_at) WHERE untold = 1;

UPDATE sale SET asked_at = sent_at, sent_at = sent_at + 3600000000, lease_until = NULL, holder = NULL;

-- What an entry was when it was written: checksums over its columns, which are compared whenever it is read. What was
-- sold has one of its own.
ALTER TABLE sale ADD COLUMN sold INTEGER;
ALTER TABLE sale ADD COLUMN seal INTEGER;
UPDATE sale SET sold = seal(request_id, card, checksum, minor_units, currency, details, started_at);
UPDATE sale SET seal = seal(sold, state, attempts, updated_at, sent_at, asked_at, lease_until, holder, fence, confirmed, voided,
  reversal_tries, retry_at, expiration, note);

DROP TRIGGER history_stands;
ALTER TABLE history ADD COLUMN seal INTEGER;
UPDATE history SET seal = seal(request_id, at, fence, event, attempts, note);
CREATE TRIGGER history_stands BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

-- Every attempt of a sale carries what the row has. Card and amount are for good; the rest changes only with a sale that
-- came to nothing and begins anew.
DROP TRIGGER sale_is_for_good;
CREATE TRIGGER sale_is_for_good BEFORE UPDATE OF request_id, card, minor_units, currency, started_at ON sale
BEGIN SELECT RAISE(ABORT, 'what was sold never changes'); END;

CREATE TRIGGER sale_begins_anew BEFORE UPDATE OF checksum, details, sold ON sale
WHEN (old.checksum IS NOT new.checksum OR old.details IS NOT new.details OR old.sold IS NOT new.sold)
  AND NOT (old.state = 'rejected' AND NOT old.voided AND new.state = 'sending' AND new.fence > old.fence)
BEGIN SELECT RAISE(ABORT, 'what was sold changes only when a rejected sale begins anew'); END;
