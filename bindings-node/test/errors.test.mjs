// Every answer of tests/vectors/errors.json ends in the class it belongs to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { startGateway } from './support/gateway.mjs'
import { Client, cjs, connect, esm, readJson, startSandbox, usdCard } from './support/package.mjs'

const { errors } = readJson('vectors', 'errors.json')
const { posa } = esm

/** What a signal stopped is told by classes of its own. */
const signalled = [posa.AbortError, posa.NothingChangedError]

const classes = Object.fromEntries(
  Object.values(posa)
    .filter((value) => value.prototype instanceof posa.PosaError && !signalled.includes(value))
    .map((type) => [new type('', { delivery: 'not_sent' }).code, type]),
)

test('there is one class for each kind', () => {
  const kinds = 'INVALID_INPUT CONFIGURATION CONFLICT JOURNAL UNREACHABLE REJECTED ALREADY_ACTIVATED'
  const more = 'INSUFFICIENT_FUNDS ACCOUNT AUTHENTICATION THROTTLED OUTCOME_UNKNOWN NEEDS_ATTENTION'
  assert.deepEqual(Object.keys(classes).sort(), `${kinds} ${more}`.split(' ').sort())
})

test('import and require give the same classes', () => {
  assert.deepEqual({ ...esm.posa }, { ...cjs.posa })
  assert.equal(esm.testing.Sandbox, cjs.testing.Sandbox)
})

test('answers end in their classes', async (t) => {
  let answer
  const gateway = await startGateway(t, () => answer)
  const calls = {
    ActivateGiftCard: (client, row) =>
      client.activate({
        requestId: row.request_id,
        cardNumber: row.card_number,
        amount: row.amount,
        currency: row.currency,
      }),
    DeactivateGiftCard: (client, row) => client.deactivate({ requestId: row.request_id, cardNumber: row.card_number }),
    ActivationStatusCheck: (client, row) => client.status({ requestId: row.request_id, cardNumber: row.card_number }),
  }
  assert.ok(errors.length > 50)
  for (const row of errors) {
    answer = { status: row.status, type: row.content_type, body: row.body }
    // Without a journal, an id that is given may have been sent before, and a refusal settles less.
    const journal = row.operation === 'ActivateGiftCard' ? 'memory' : 'none'
    const client = new Client({ ...gateway.settings, journal })
    const error = await calls[row.operation](client, row).then(
      () => assert.fail(`${row.name} is no error`),
      (error) => error,
    )
    await client.close()
    const { code, delivery, gatewayCode, errorType, requestId } = error
    assert.deepEqual(
      { code, delivery, gatewayCode, errorType, requestId },
      {
        code: row.kind,
        delivery: row.delivery,
        gatewayCode: row.code ?? undefined,
        errorType: row.error_type ?? undefined,
        requestId: row.request_id,
      },
      row.name,
    )
    assert.ok(error instanceof classes[row.kind] && error instanceof Error, row.name)
    assert.equal(error.name, classes[row.kind].name)
    const shown = `${error}${inspect(error)}${JSON.stringify(error)}${error.stack}`
    assert.ok(!shown.includes(row.card_number.slice(0, 12)), row.name)
  }
})

test('an error tells all it knows as JSON, and where it was awaited', async (t) => {
  const gateway = await startGateway(t, () => ({ status: 302, body: '' }))
  const client = new Client(gateway.settings)
  t.after(() => client.close())
  async function sellAtTheTill() {
    await client.activate({ cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' })
  }
  const error = await sellAtTheTill().catch((error) => error)
  assert.deepEqual(Object.keys(error.toJSON()), [
    'name',
    'code',
    'message',
    'delivery',
    'field',
    'reason',
    'requestId',
    'card',
    'attempts',
    'gatewayCode',
    'errorType',
  ])
  assert.equal(error.card, '...7585')
  assert.match(error.requestId, /^Awssb[0-9A-Z]{30}$/)
  assert.match(error.stack, /sellAtTheTill/)
})

test('an error tells what exactly stands in the way', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  const { settings } = sandbox
  const credentials = { ...settings.credentials, secretAccessKey: 'yesterday' }
  const other = connect(t, sandbox, { credentials })
  const sale = { cardNumber: usdCard(sandbox), amount: '25.00', currency: 'USD' }
  for (const [call, reason] of [
    [() => client.resolve('AwssbUNKNOWN'), 'unknown_id'],
    [() => other.activate(sale), 'secret'],
    [() => client.activate({ ...sale, amount: '0' }), undefined],
  ]) {
    const error = await call().catch((error) => error)
    assert.deepEqual([error.reason, error.toJSON().reason], [reason, reason], error.message)
  }
})
