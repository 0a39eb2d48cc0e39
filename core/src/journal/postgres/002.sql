-- The steps of a sale that are one statement, so that behind a pooler too, which lets nobody keep a prepared statement,
-- the server plans them once a connection. Settings are asked for in each: a pooler keeps none for a client.
CREATE FUNCTION posa.add(
  request_id text, card text, checksum text, minor_units bigint, currency text, details text, now timestamptz,
  lease bigint, step bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
BEGIN
  INSERT INTO posa.sale (request_id, card, checksum, minor_units, currency, details, state, started_at, updated_at,
    sent_at, lease_until, step)
  VALUES ($1, $2, $3, $4, $5, $6, 'sending', $7, $7, clock_timestamp(),
    clock_timestamp() + $8 * interval '1 microsecond', $9)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  INSERT INTO posa.history (request_id, at, fence, event, attempts) VALUES ($1, $7, 1, 'activate', 0);
  RETURN 1;
END $$;

-- Transaction::attempt.
CREATE FUNCTION posa.attempt(
  request_id text, fence bigint, now timestamptz, lease bigint, step bigint, attempt bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
BEGIN
  UPDATE posa.sale AS sale SET updated_at = $3,
    sent_at = CASE WHEN sale.state = 'sending' THEN clock_timestamp() ELSE sale.sent_at END,
    lease_until = clock_timestamp() + $4 * interval '1 microsecond', step = $5
  WHERE sale.request_id = $1 AND sale.fence = $2 AND sale.lease_until IS NOT NULL AND sale.step <> $5;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  INSERT INTO posa.history (request_id, at, fence, event, attempts) VALUES ($1, $3, $2, 'attempt', $6);
  RETURN 1;
END $$;

-- Transaction::settle.
CREATE FUNCTION posa.settle(
  request_id text, fence bigint, state text, attempts bigint, now timestamptz, pause bigint, expiration text, note text,
  step bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  settings CONSTANT text := set_config('synchronous_commit', 'on', true) || set_config('lock_timeout', '5s', true);
  in_all bigint;
BEGIN
  UPDATE posa.sale AS sale SET state = $3, attempts = least(sale.attempts + $4, 4294967295), updated_at = $5,
    confirmed = sale.confirmed OR $3 = 'activated',
    reversal_tries = CASE WHEN $3 IN ('reversing', 'attention') THEN sale.reversal_tries + 1 ELSE 0 END,
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
