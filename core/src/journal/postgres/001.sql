-- One partner and one endpoint, chosen at the first use.
CREATE TABLE posa.bound (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  partner text NOT NULL,
  endpoint text NOT NULL
);

-- A row is a sale. Amounts are the currency's smallest unit. sent_at, lease_until and retry_at are by this server's
-- clock, started_at and updated_at by that of the machine that wrote them. step names the last change, so that one
-- whose answer was lost is not made twice. Ids are ordered by their bytes, as posa orders them.
CREATE TABLE posa.sale (
  request_id text COLLATE "C" PRIMARY KEY,
  card text COLLATE "C" NOT NULL,
  checksum text,
  minor_units bigint NOT NULL,
  currency text NOT NULL,
  details text,
  state text NOT NULL CHECK (state IN
    ('sending', 'activated', 'rejected', 'unknown', 'reversing', 'deactivated', 'attention')),
  attempts bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  sent_at timestamptz NOT NULL,
  lease_until timestamptz,
  fence bigint NOT NULL DEFAULT 1,
  confirmed boolean NOT NULL DEFAULT false,
  voided boolean NOT NULL DEFAULT false,
  reversal_tries bigint NOT NULL DEFAULT 0,
  retry_at timestamptz,
  expiration text,
  note text,
  step bigint NOT NULL
);

CREATE INDEX sale_started ON posa.sale (started_at, request_id);
CREATE UNIQUE INDEX sale_open ON posa.sale (card) WHERE state IN ('sending', 'unknown', 'reversing');

-- What was about to be done, and what came of it, in order.
CREATE TABLE posa.history (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  fence bigint NOT NULL,
  event text NOT NULL,
  attempts bigint NOT NULL,
  note text
);

CREATE FUNCTION posa.forbid() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE TRIGGER history_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON posa.history
  FOR EACH STATEMENT EXECUTE FUNCTION posa.forbid('history is append-only');

CREATE TRIGGER sale_is_for_good
  BEFORE UPDATE OF request_id, card, checksum, minor_units, currency, details ON posa.sale
  FOR EACH STATEMENT EXECUTE FUNCTION posa.forbid('what was sold never changes');

CREATE TRIGGER sale_without_outcome BEFORE DELETE ON posa.sale
  FOR EACH ROW WHEN (old.state IN ('sending', 'unknown', 'reversing'))
  EXECUTE FUNCTION posa.forbid('a sale without an outcome is never deleted');

CREATE TRIGGER sale_truncate BEFORE TRUNCATE ON posa.sale
  FOR EACH STATEMENT EXECUTE FUNCTION posa.forbid('a sale without an outcome is never deleted');

-- Replication's role would pass over ordinary triggers.
ALTER TABLE posa.history ENABLE ALWAYS TRIGGER history_stands;
ALTER TABLE posa.sale ENABLE ALWAYS TRIGGER sale_is_for_good;
ALTER TABLE posa.sale ENABLE ALWAYS TRIGGER sale_without_outcome;
ALTER TABLE posa.sale ENABLE ALWAYS TRIGGER sale_truncate;
