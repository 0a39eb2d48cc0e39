-- The turns under the account's limit that were given lately, also those that are still to come; when the last was
-- given tells whether this server's clock was set back meanwhile.
CREATE TABLE posa.pace (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  turns timestamptz[] NOT NULL DEFAULT '{}',
  given_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO posa.pace DEFAULT VALUES;

-- Takes the next turn and tells how many microseconds are left until then; NULL, and none is taken, if those are more
-- than patience. Any so many turns that follow each other spread over 1.05 seconds, and none comes before an earlier
-- asker's.
CREATE FUNCTION posa.turn(per_second integer, patience bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'off', true) || set_config('lock_timeout', '5s', true);
  span CONSTANT interval := interval '1050 milliseconds';
  known posa.pace;
  asked_at timestamptz;
  turn timestamptz;
  waiting bigint;
BEGIN
  SELECT * INTO STRICT known FROM posa.pace FOR UPDATE;
  asked_at := clock_timestamp();
  SELECT coalesce(array_agg(given ORDER BY given), '{}') INTO known.turns
    FROM (
      SELECT was - greatest(interval '0', known.given_at - asked_at) FROM unnest(known.turns) AS was) AS moved (given)
    WHERE given > asked_at - span;
  turn := greatest(
    asked_at,
    known.turns[cardinality(known.turns)],
    known.turns[cardinality(known.turns) - per_second + 1] + span);
  waiting := (extract(epoch FROM turn - asked_at) * 1000000)::bigint;
  IF waiting > patience THEN
    RETURN NULL;
  END IF;
  UPDATE posa.pace SET turns = known.turns || turn, given_at = asked_at;
  RETURN waiting;
END $$;

-- Whoever may sell may take turns.
DO $$
DECLARE seller text;
BEGIN
  FOR seller IN
    SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
    FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = 'posa.sale'::regclass AND privilege_type = 'UPDATE'
  LOOP
    EXECUTE format('GRANT SELECT, UPDATE ON posa.pace TO %s', seller);
  END LOOP;
END $$;

-- When a caller last asked for the activation. sent_at was when an attempt was claimed and is the latest time that a
-- signature may bear now, an hour later at the most. Both are by the gateway's clock, as well as the tills know it;
-- lease_until and retry_at alone are by this server's.
ALTER TABLE posa.sale ADD COLUMN asked_at timestamptz;
UPDATE posa.sale SET asked_at = sent_at, sent_at = sent_at + interval '1 hour';
ALTER TABLE posa.sale ALTER COLUMN asked_at SET NOT NULL;

CREATE OR REPLACE FUNCTION posa.add(
  request_id text, card text, checksum text, minor_units bigint, currency text, details text, now timestamptz,
  lease bigint, step bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
BEGIN
  INSERT INTO posa.sale (request_id, card, checksum, minor_units, currency, details, state, started_at, updated_at,
    asked_at, sent_at, lease_until, step)
  VALUES ($1, $2, $3, $4, $5, $6, 'sending', $7, $7, $7, $7 + $8 * interval '1 microsecond',
    clock_timestamp() + $8 * interval '1 microsecond', $9)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  INSERT INTO posa.history (request_id, at, fence, event, attempts) VALUES ($1, $7, 1, 'activate', 0);
  RETURN 1;
END $$;

DROP FUNCTION posa.attempt;
-- Transaction::attempt.
CREATE FUNCTION posa.attempt(
  request_id text, fence bigint, now timestamptz, lease bigint, step bigint, attempt bigint, signed_until timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
BEGIN
  UPDATE posa.sale AS sale SET updated_at = $3,
    sent_at = CASE WHEN sale.state = 'sending' THEN $7 ELSE sale.sent_at END,
    asked_at = CASE WHEN sale.state <> 'sending' THEN sale.asked_at WHEN sale.asked_at = sale.updated_at THEN $3
      ELSE least(sale.asked_at, $3) END,
    lease_until = clock_timestamp() + $4 * interval '1 microsecond', step = $5
  WHERE sale.request_id = $1 AND sale.fence = $2 AND sale.lease_until IS NOT NULL AND sale.step <> $5;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  INSERT INTO posa.history (request_id, at, fence, event, attempts) VALUES ($1, $3, $2, 'attempt', $6);
  RETURN 1;
END $$;

DROP FUNCTION posa.settle;
-- Transaction::settle.
CREATE FUNCTION posa.settle(
  request_id text, fence bigint, state text, attempts bigint, now timestamptz, pause bigint, expiration text, note text,
  step bigint, sent_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
  in_all bigint;
BEGIN
  UPDATE posa.sale AS sale SET state = $3, attempts = least(sale.attempts + $4, 4294967295), updated_at = $5,
    sent_at = coalesce($10, sale.sent_at),
    confirmed = sale.confirmed OR $3 = 'activated',
    reversal_tries = CASE
      WHEN $3 IN ('reversing', 'attention') OR ($3 = 'unknown' AND $6 IS NOT NULL) THEN sale.reversal_tries + 1 ELSE 0 END,
    lease_until = NULL, retry_at = clock_timestamp() + $6 * interval '1 microsecond',
    expiration = coalesce($7, sale.expiration), note = $8, step = $9
  WHERE sale.request_id = $1 AND sale.fence = $2 AND sale.step <> $9
  RETURNING sale.attempts INTO in_all;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  INSERT INTO posa.history (request_id, at, fence, event, attempts, note) VALUES ($1, $5, $2, $3, in_all, $8);
  RETURN 1;
END $$;

-- Every attempt of a sale carries what the row has. Card and amount are for good; the rest changes only with a sale that
-- came to nothing and begins anew.
DROP TRIGGER sale_is_for_good ON posa.sale;

CREATE TRIGGER sale_is_for_good
  BEFORE UPDATE OF request_id, card, minor_units, currency, started_at ON posa.sale
  FOR EACH STATEMENT EXECUTE FUNCTION posa.forbid('what was sold never changes');

CREATE TRIGGER sale_begins_anew BEFORE UPDATE OF checksum, details ON posa.sale
  FOR EACH ROW WHEN (
    (old.checksum IS DISTINCT FROM new.checksum OR old.details IS DISTINCT FROM new.details)
    AND NOT (old.state = 'rejected' AND NOT old.voided AND new.state = 'sending' AND new.fence > old.fence))
  EXECUTE FUNCTION posa.forbid('what was sold changes only when a rejected sale begins anew');

ALTER TABLE posa.sale ENABLE ALWAYS TRIGGER sale_is_for_good;
ALTER TABLE posa.sale ENABLE ALWAYS TRIGGER sale_begins_anew;
