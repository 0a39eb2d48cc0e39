// A till without a key, and the server that signs for it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { connect, esm, startSandbox, usdCard } from './support/package.mjs'

const { SigningRules, SigningRefusedError, signRequest, InvalidInputError, ConfigurationError } = esm.posa
const sale = { amount: '25.00', currency: 'USD' }

/** What rules for the sandbox's till are made of. */
const place = ({ settings: { partnerId, credentials, endpoint, region } }) => ({
  partnerId,
  idTag: 'S042',
  credentials,
  endpoint,
  region,
})

test('a till sells with signatures of a server, which reads what it signs', async (t) => {
  const sandbox = await startSandbox(t)
  const cardNumber = usdCard(sandbox)
  const rules = new SigningRules({ ...place(sandbox), operations: ['ActivateGiftCard'], limits: { USD: '25.00' } })
  const seen = []
  const signer = async (request) => {
    seen.push(request)
    const signed = await signRequest(request.question, rules)
    assert.deepEqual(
      [signed.operation, signed.cardNumber, signed.amount, signed.currency, signed.sourceId],
      ['ActivateGiftCard', cardNumber, '25.00', 'USD', undefined],
    )
    const shown = inspect(signed) + JSON.stringify(signed)
    assert.ok(!shown.includes(cardNumber.slice(0, 12)) && !shown.includes('Signature'), shown)
    return JSON.parse(signed.answer).headers
  }
  const client = connect(t, sandbox, { credentials: undefined, signer, idTag: 'S042' })
  const receipt = await client.activate({ ...sale, cardNumber })
  assert.equal(receipt.cardStatus, 'Activated')
  const [request] = seen
  assert.deepEqual([request.operation, request.format], ['ActivateGiftCard', 'json'])
  assert.ok(sandbox.url.endsWith(request.host))
  assert.equal(JSON.parse(Buffer.from(request.body).toString()).activationRequestId, receipt.requestId)
  assert.ok(Math.abs(request.time - Date.now()) < 60_000)
})

test('what the rules forbid is neither signed nor sent', async (t) => {
  const sandbox = await startSandbox(t)
  const rules = new SigningRules({ ...place(sandbox), limits: { USD: '24.99' }, stores: ['S1'] })
  const client = connect(t, sandbox, {
    credentials: undefined,
    idTag: 'S042',
    signer: async ({ question }) => JSON.parse((await signRequest(Buffer.from(question), rules)).answer).headers,
  })
  for (const [amount, field] of Object.entries({ '25.00': 'amount', 24.99: 'sourceId' })) {
    const error = await client.activate({ cardNumber: usdCard(sandbox), amount, currency: 'USD' }).catch((e) => e)
    assert.deepEqual([error.code, error.delivery, error.field], ['AUTHENTICATION', 'not_sent', 'signer'])
    assert.ok(error.cause instanceof InvalidInputError)
    assert.equal(error.cause.field, field)
  }
  assert.deepEqual(sandbox.requests(), [])
})

test('a question that cannot be read is refused', async (t) => {
  const rules = new SigningRules(place(await startSandbox(t)))
  for (const question of ['', '[]', Buffer.from([0xff]), '{}', '\ud800', '{"method": 1}']) {
    await assert.rejects(signRequest(question, rules), { code: 'INVALID_INPUT', field: 'message' })
  }
  await assert.rejects(signRequest(1, rules), TypeError)
  await assert.rejects(signRequest('{}', {}), { name: 'TypeError', message: /pass SigningRules/ })
})

test('a signer that returns something else sends nothing', async (t) => {
  const sandbox = await startSandbox(t)
  const answers = [undefined, 'signature', { authorization: 1 }, {}, { authorization: 'Bearer x', 'x-amz-date': 'now' }]
  for (const answer of answers) {
    const client = connect(t, sandbox, { credentials: undefined, signer: () => answer })
    const error = await client.activate({ ...sale, cardNumber: usdCard(sandbox) }).catch((e) => e)
    assert.equal(error.code, 'AUTHENTICATION', inspect(error))
    assert.equal(error.delivery, 'not_sent')
  }
  assert.deepEqual(sandbox.requests(), [])
})

test('a card that other tills sold is not taken back', async (t) => {
  const sandbox = await startSandbox(t)
  const headOffice = connect(t, sandbox)
  const receipt = await headOffice.activate({ ...sale, cardNumber: usdCard(sandbox) })
  const rules = new SigningRules(place(sandbox))
  const till = connect(t, sandbox, {
    credentials: undefined,
    idTag: 'S042',
    journal: 'none',
    signer: async ({ question }) => JSON.parse((await signRequest(question, rules)).answer).headers,
  })
  const refused = await till.status(receipt).catch((e) => e)
  assert.deepEqual([refused.code, refused.cause?.field], ['AUTHENTICATION', 'requestId'], inspect(refused))
  // Without a journal, nobody knows whether the till sent this return before.
  const unsure = await till.deactivate(receipt).catch((e) => e)
  assert.equal(unsure.code, 'OUTCOME_UNKNOWN', inspect(unsure))
  assert.match(unsure.message, /of none of the tills/)
  assert.equal((await headOffice.status(receipt)).cardStatus, 'Activated')
  const mine = await till.activate({ ...sale, cardNumber: usdCard(sandbox, 1) })
  assert.ok(mine.requestId.startsWith('AwssbS042'), mine.requestId)
  assert.equal((await till.deactivate(mine)).cardStatus, 'AwaitingActivation')
})

test('a signer that cannot be reached is asked again, and one that refuses is not', async (t) => {
  const sandbox = await startSandbox(t)
  const rules = new SigningRules(place(sandbox))
  let asked = 0
  const signer = async ({ question }) => {
    asked += 1
    if (asked < 3) throw new TypeError('fetch failed')
    return JSON.parse((await signRequest(question, rules)).answer).headers
  }
  const without = { credentials: undefined, idTag: 'S042', retryBase: 1, attempts: 5 }
  const till = connect(t, sandbox, { ...without, signer })
  assert.equal((await till.activate({ ...sale, cardNumber: usdCard(sandbox) })).attempts, 1)
  const away = connect(t, sandbox, { ...without, signer: () => Promise.reject(new Error('hunter2')) })
  const error = await away.activate({ ...sale, cardNumber: usdCard(sandbox, 1) }).catch((e) => e)
  assert.deepEqual([error.code, error.delivery, error.cause.message], ['UNREACHABLE', 'not_sent', 'hunter2'])
  asked = 0
  const refuse = () => {
    asked += 1
    throw new SigningRefusedError('closed on Sundays')
  }
  const closed = connect(t, sandbox, { ...without, signer: refuse })
  const refused = await closed.activate({ ...sale, cardNumber: usdCard(sandbox, 1) }).catch((e) => e)
  assert.deepEqual([refused.code, refused.delivery, asked], ['AUTHENTICATION', 'not_sent', 1])
  assert.match(refused.message, /closed on Sundays/)
})

test('a signer that never answers is waited for until the deadline, and no longer', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox, { credentials: undefined, signer: () => new Promise(() => {}), deadline: 50 })
  await assert.rejects(client.activate({ ...sale, cardNumber: usdCard(sandbox) }), { delivery: 'not_sent' })
  assert.deepEqual(sandbox.requests(), [])
})

test('rules that cannot be kept are refused', async (t) => {
  const good = place(await startSandbox(t))
  const wrong = [
    [{ region: 'mars-1' }, ConfigurationError],
    [{ partnerId: 'nobody' }, InvalidInputError],
    [{ operations: ['Sell'] }, ConfigurationError],
    [{ operations: 'ActivateGiftCard' }, TypeError],
    [{ limits: { USD: 25 } }, TypeError],
    [{ limits: { XYZ: '25' } }, InvalidInputError],
    [{ idTag: 's042' }, ConfigurationError],
    [{ stores: [1] }, TypeError],
    [{ programs: 'P7' }, TypeError],
    [{ store: ['S1'] }, TypeError],
  ]
  for (const [rule, error] of wrong) assert.throws(() => new SigningRules({ ...good, ...rule }), error, inspect(rule))
})
