-- When a caller last asked for the activation. sent_at was when an attempt was claimed and is the latest time that a
-- signature may bear now, an hour later at the most. Both are by the gateway's clock, as well as the tills know it;
-- lease_until and retry_at alone are by this server's.
ALTER TABLE posa.sale ADD COLUMN asked_at timestamptz;
UPDATE posa.sale SET asked_at = sent_at, sent_at = sent_at + interval '1 hour';
ALTER TABLE posa.sale ALTER COLUMN asked_at SET NOT NULL;

-- Outcomes that nobody heard.
ALTER TABLE posa.sale ADD COLUMN untold boolean NOT NULL DEFAULT false;
CREATE INDEX sale_untold ON posa.sale (started_at, request_id) WHERE untold;

-- The steps of a sale that are one statement, so that behind a pooler too, which lets nobody keep a prepared statement,
-- the server plans them once a connection. Settings are asked for in each: a pooler keeps none for a client.
--
-- A step that begins something is worth nothing once whoever asked for it has given up, which is told by this server's
-- clock: one that was held up on its way, or by a lock, then changes nothing.
CREATE FUNCTION posa.in_time(until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF clock_timestamp() >= until THEN
    RAISE EXCEPTION 'came too late' USING ERRCODE = 'POSA1';
  END IF;
END $$;

CREATE FUNCTION posa.add(
  request_id text, card text, checksum text, minor_units bigint, currency text, details text, now timestamptz,
  lease bigint, step bigint, until timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
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
  PERFORM posa.in_time($10);
  RETURN 1;
END $$;

-- Transaction::claim_activation and claim_reversal, in a transaction that has locked the row.
CREATE FUNCTION posa.claim(
  request_id text, state text, fence bigint, now timestamptz, voided boolean, lease bigint, step bigint, event text,
  sent_at timestamptz, asked_at timestamptz, checksum text, details text, note text, until timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  in_all bigint;
BEGIN
  UPDATE posa.sale AS sale SET state = $2, fence = $3, updated_at = $4, voided = $5,
    sent_at = $9, asked_at = $10, checksum = $11, details = $12,
    lease_until = clock_timestamp() + $6 * interval '1 microsecond', step = $7
  WHERE sale.request_id = $1
  RETURNING sale.attempts INTO in_all;
  INSERT INTO posa.history (request_id, at, fence, event, attempts, note) VALUES ($1, $4, $3, $8, in_all, $13);
  PERFORM posa.in_time($14);
  RETURN 1;
END $$;

-- Transaction::attempt.
CREATE FUNCTION posa.attempt(
  request_id text, fence bigint, now timestamptz, lease bigint, step bigint, attempt bigint, signed_until timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
BEGIN
  UPDATE posa.sale AS sale SET updated_at = $3,
    sent_at = CASE WHEN sale.state = 'sending' THEN $7 ELSE sale.sent_at END,
    asked_at = CASE WHEN sale.state = 'sending' AND sale.asked_at = sale.updated_at THEN $3 ELSE sale.asked_at END,
    lease_until = clock_timestamp() + $4 * interval '1 microsecond', step = $5
  WHERE sale.request_id = $1 AND sale.fence = $2 AND sale.state IN ('sending', 'reversing') AND sale.step <> $5;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  INSERT INTO posa.history (request_id, at, fence, event, attempts) VALUES ($1, $3, $2, 'attempt', $6);
  RETURN 1;
END $$;

-- Transaction::settle.
CREATE FUNCTION posa.settle(
  request_id text, fence bigint, state text, attempts bigint, now timestamptz, pause bigint, expiration text, note text,
  step bigint, reversal_tries bigint, sent_at timestamptz, untold boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
  in_all bigint;
BEGIN
  UPDATE posa.sale AS sale SET state = $3, attempts = least(sale.attempts + $4, 4294967295), updated_at = $5,
    sent_at = coalesce($11, sale.sent_at), confirmed = sale.confirmed OR $3 = 'activated',
    reversal_tries = $10, lease_until = NULL, retry_at = clock_timestamp() + $6 * interval '1 microsecond',
    expiration = coalesce($7, sale.expiration), note = $8, step = $9, untold = $12
  WHERE sale.request_id = $1 AND sale.fence = $2 AND sale.state IN ('sending', 'reversing') AND sale.step <> $9
  RETURNING sale.attempts INTO in_all;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  INSERT INTO posa.history (request_id, at, fence, event, attempts, note) VALUES ($1, $5, $2, $3, in_all, $8);
  RETURN 1;
END $$;

-- Whether somebody heard the outcome of that fence.
CREATE FUNCTION posa.hear(request_id text, fence bigint, untold boolean, now timestamptz, event text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
  in_all bigint;
BEGIN
  UPDATE posa.sale AS sale SET untold = $3
  WHERE sale.request_id = $1 AND sale.fence = $2 AND sale.untold <> $3
    AND sale.state NOT IN ('sending', 'unknown', 'reversing')
  RETURNING sale.attempts INTO in_all;
  IF FOUND THEN
    INSERT INTO posa.history (request_id, at, fence, event, attempts) VALUES ($1, $4, $2, $5, in_all);
  END IF;
  RETURN 1;
END $$;
