-- The secret of batches' request ids, made with the first batch.
ALTER TABLE posa.bound ADD COLUMN batch_key bytea;

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
