// Credentials, signatures and events: functions of the caller's that the core calls.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startGateway } from './support/gateway.mjs'
import { Client, connect, esm, startSandbox, temporary, usdCard } from './support/package.mjs'

const { posa } = esm
const sale = { cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' }

test('an asynchronous credentials function is asked once, and again after the key was refused', async (t) => {
  const sandbox = await startSandbox(t)
  const own = sandbox.settings.credentials
  const keys = [{ ...own, secretAccessKey: 'yesterday' }, own]
  let asked = 0
  const events = []
  const credentials = async () => keys[Math.min(asked++, 1)]
  const client = connect(t, sandbox, { credentials, onEvent: ({ type }) => events.push(type) })
  await client.activate({ ...sale, cardNumber: usdCard(sandbox) })
  await client.activate({ ...sale, cardNumber: usdCard(sandbox, 1) })
  assert.equal(asked, 2)
  assert.ok(events.includes('keyRenewed'))
})

test('what a function of the caller throws is the cause', async (t) => {
  const sandbox = await startSandbox(t)
  const reason = new Error('the vault is sealed')
  const fails = async () => {
    throw reason
  }
  const kinds = [
    ['CONFIGURATION', 'credentials', { credentials: fails }],
    ['UNREACHABLE', 'signer', { credentials: undefined, signer: fails, attempts: 1 }],
  ]
  for (const [code, field, options] of kinds) {
    const client = connect(t, sandbox, options)
    const error = await client.activate({ ...sale, cardNumber: usdCard(sandbox) }).catch((error) => error)
    assert.deepEqual([error.code, error.field, error.delivery, error.cause], [code, field, 'not_sent', reason])
    assert.ok(!error.message.includes('vault'))
  }
  const numbers = connect(t, sandbox, { credentials: () => ({ accessKeyId: 1, secretAccessKey: 2 }) })
  const error = await numbers.activate({ ...sale, cardNumber: usdCard(sandbox) }).catch((error) => error)
  assert.ok(error.cause instanceof TypeError)
  assert.equal(sandbox.requests().length, 0)
})

test('keys come from the environment and from a file', async (t) => {
  const sandbox = await startSandbox(t)
  const { accessKeyId, secretAccessKey } = sandbox.settings.credentials
  const file = join(temporary(t), 'keys')
  writeFileSync(file, `access_key_id = ${accessKeyId}\nsecret_access_key = ${secretAccessKey}\n`)
  process.env.POSA_ACCESS_KEY_ID = accessKeyId
  process.env.POSA_SECRET_ACCESS_KEY = secretAccessKey
  for (const [index, credentials] of ['environment', { file }].entries()) {
    const client = connect(t, sandbox, { credentials })
    const receipt = await client.activate({ ...sale, cardNumber: usdCard(sandbox, index) })
    assert.equal(receipt.cardStatus, 'Activated')
  }
})

test('credentials and a signer exclude each other', async (t) => {
  const sandbox = await startSandbox(t)
  const both = { ...sandbox.settings, journal: 'none', signer: async () => ({ authorization: '' }) }
  assert.throws(() => new Client(both), { name: 'TypeError', message: /leave one of the two out/ })
})

test('events tell a sale from its first request to its outcome, in order and before its promise', async (t) => {
  const sandbox = await startSandbox(t)
  const events = []
  const client = connect(t, sandbox, { onEvent: (event) => events.push(event) })
  sandbox.inject({ fault: 'drop_after_commit' })
  const cardNumber = usdCard(sandbox)
  const receipt = await client.activate({ ...sale, cardNumber })
  assert.deepEqual(
    events.map(({ type }) => type),
    ['sending', 'retrying', 'sending', 'settled'],
  )
  for (const { requestId, card, operation } of events) {
    assert.deepEqual([requestId, card, operation], [receipt.requestId, receipt.card, 'ActivateGiftCard'])
  }
  const [, retrying, , settled] = events
  assert.ok(retrying.after >= 0 && retrying.after <= 10 && retrying.because.length > 0)
  assert.deepEqual([settled.outcome, settled.attempt], ['done', 2])
  assert.ok(!JSON.stringify(events).includes(cardNumber.slice(0, 12)))
})

test('a listener that throws becomes a warning, and the sale goes on', async (t) => {
  const sandbox = await startSandbox(t)
  const warnings = []
  const listen = (warning) => warnings.push(warning.message)
  process.on('warning', listen)
  t.after(() => process.off('warning', listen))
  const onEvent = () => {
    throw new Error('the log is full')
  }
  const client = connect(t, sandbox, { onEvent })
  const receipt = await client.activate({ ...sale, cardNumber: usdCard(sandbox) })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(receipt.cardStatus, 'Activated')
  assert.ok(warnings.includes('the log is full'))
})

test('clients of one account share a rate limit', async (t) => {
  const sandbox = await startSandbox(t, { throttle: 3 })
  sandbox.clock({ frozen: true })
  const rateLimit = new posa.RateLimit(2)
  const [one, other] = [
    connect(t, sandbox, { rateLimit, deadline: 500 }),
    connect(t, sandbox, { rateLimit, deadline: 500 }),
  ]
  await one.activate({ ...sale, cardNumber: usdCard(sandbox) })
  await other.activate({ ...sale, cardNumber: usdCard(sandbox, 1) })
  const third = await other.activate({ ...sale, cardNumber: usdCard(sandbox, 2) }).catch((error) => error)
  assert.deepEqual([third.code, third.delivery, third.attempts], ['THROTTLED', 'not_sent', 0])
})

test('a share of the rate leaves the rest to others', async (t) => {
  const sandbox = await startSandbox(t)
  const nightly = connect(t, sandbox, { rateLimit: 10, rateShare: 1, deadline: 500 })
  const tried = [0, 1].map((index) => nightly.activate({ ...sale, cardNumber: usdCard(sandbox, index) }))
  const ended = await Promise.allSettled(tried)
  assert.deepEqual(ended.map(({ reason }) => reason?.code).toSorted(), ['THROTTLED', undefined])
  assert.throws(() => connect(t, sandbox, { rateShare: 0 }), { name: 'TypeError', message: /rateShare/ })
})

test('an id that the specification does not name is warned of, and sold with', async (t) => {
  const sandbox = await startSandbox(t)
  const events = []
  const client = connect(t, sandbox, { onEvent: (event) => events.push(event) })
  const requestId = 'Awssb-till_4'
  await client.activate({ ...sale, cardNumber: usdCard(sandbox), requestId })
  const [{ type, what, ...warning }] = events
  assert.deepEqual([type, warning.requestId], ['warning', requestId])
  assert.match(what, /characters that the specification does not name/)
})

test('an id of the client has its tag', async (t) => {
  const client = connect(t, await startSandbox(t), { idTag: 'S042' })
  assert.match(client.newRequestId(), /^AwssbS042/)
})

test('over TLS, and through a proxy', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox, { ...sandbox.tlsSettings, extraCa: Buffer.from(sandbox.caPem) })
  assert.equal((await client.activate({ ...sale, cardNumber: usdCard(sandbox) })).cardStatus, 'Activated')
  const untrusting = connect(t, sandbox, { ...sandbox.tlsSettings, extraCa: undefined, attempts: 1 })
  const refused = await untrusting.activate({ ...sale, cardNumber: usdCard(sandbox, 1) }).catch((error) => error)
  assert.deepEqual([refused.code, refused.delivery], ['UNREACHABLE', 'not_sent'])
  const seen = []
  const proxy = await startGateway(t, (request) => {
    seen.push(request.url)
    return { status: 502, body: '' }
  })
  const proxied = connect(t, sandbox, { proxy: proxy.settings.endpoint, attempts: 1 })
  const error = await proxied.activate({ ...sale, cardNumber: usdCard(sandbox, 2) }).catch((error) => error)
  assert.equal(error.code, 'OUTCOME_UNKNOWN')
  assert.deepEqual(seen, [`${sandbox.url}/ActivateGiftCard`])
})

test('a lost answer is recovered, a sale is voided, and both are told', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  sandbox.inject({ fault: 'drop_after_commit', times: 16 })
  const ids = []
  for (const index of [0, 1]) {
    const error = await client.activate({ ...sale, cardNumber: usdCard(sandbox, index) }).catch((error) => error)
    assert.ok(error instanceof posa.OutcomeUnknownError)
    ids.push(error.requestId)
  }
  const voided = await client.void(ids[0])
  assert.deepEqual([voided.state, voided.voided], ['deactivated', true])
  const { settled, open } = await client.recover({ concurrency: 4 })
  assert.deepEqual([settled.map(({ requestId, state }) => [requestId, state]), open], [[[ids[1], 'activated']], []])
  assert.equal((await client.resolve(ids[1])).state, 'activated')
  await assert.rejects(client.recover({ concurrency: 0 }), { code: 'INVALID_INPUT', field: 'concurrency' })
  await assert.rejects(client.resolve('AwssbUNKNOWN'), posa.ConflictError)
})
