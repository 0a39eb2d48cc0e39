// What callers pass and what they get back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { all, Client, camel, connect, esm, readJson, startSandbox, usdCard } from './support/package.mjs'

const { posa } = esm
const settings = {
  partnerId: 'Awssb',
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  credentials: { accessKeyId: 'KEY', secretAccessKey: 'secret' },
  journal: 'none',
}
const { journal: _, ...place } = settings
const sale = { cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' }

test('a number is neither an amount nor a card number', async () => {
  const client = new Client(settings)
  await assert.rejects(client.activate({ ...sale, amount: 25 }), {
    name: 'TypeError',
    message: /amount is a number.*2500n/,
  })
  const cardNumber = 1400000005567585
  await assert.rejects(client.activate({ ...sale, cardNumber }), {
    name: 'TypeError',
    message: /cardNumber is a number/,
  })
  await assert.rejects(client.deactivate({ requestId: 'Awssb1', cardNumber }), TypeError)
  await assert.rejects(client.status({ requestId: 'Awssb1', cardNumber: BigInt(cardNumber) }), TypeError)
  await client.close()
})

test('a misspelt member does not go unnoticed', async () => {
  const client = new Client(settings)
  await assert.rejects(client.activate({ ...sale, requestID: 'Awssb1' }), {
    name: 'TypeError',
    message: /no member requestID/,
  })
  await assert.rejects(client.activate({ ...sale, source: { sourceID: 'x' } }), TypeError)
  await assert.rejects(client.recover({ voided: true }), TypeError)
  await assert.rejects(all(client.transactions({ since: '2026-01-01' })), {
    name: 'TypeError',
    message: /since is no valid Date/,
  })
  await assert.rejects(client.activate(sale, { signal: {} }), { name: 'TypeError', message: /pass an AbortSignal/ })
  await client.close()
  assert.throws(() => new Client({ ...settings, partnerID: 'Awssb' }), TypeError)
  assert.throws(() => new Client({ ...settings, deadline: 1.5 }), TypeError)
  assert.throws(() => new Client({ ...settings, credentials: 'ENV' }), TypeError)
})

test('a set-up that cannot work is an error of its class, at once', () => {
  const wrong = { partnerId: 'AWSSB', endpoint: 'http://gateway.example', journal: '', credentials: undefined }
  const classes = {
    partnerId: posa.InvalidInputError,
    endpoint: posa.ConfigurationError,
    journal: posa.ConfigurationError,
    credentials: posa.ConfigurationError,
  }
  for (const [field, value] of Object.entries(wrong)) {
    assert.throws(
      () => new Client({ ...settings, [field]: value }),
      (error) => {
        assert.ok(error instanceof classes[field], inspect(error))
        assert.equal(error.field, field)
        return true
      },
    )
  }
})

test('minor units and decimals are the same amount', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  const first = await client.activate({ cardNumber: usdCard(sandbox), amount: 2550n, currency: 'USD' })
  assert.deepEqual([first.amount, first.amountMinor, first.currency], ['25.50', 2550n, 'USD'])
  const second = await client.activate({ cardNumber: usdCard(sandbox, 1), amount: '25.5', currency: 'USD' })
  assert.equal(second.amountMinor, 2550n)
  for (const amount of [-1n, 0n, 2n ** 64n, 10n ** 30n]) {
    await assert.rejects(client.activate({ ...sale, amount }), { code: 'INVALID_INPUT', field: 'amount' })
  }
})

test('amounts of the vectors are read or refused as everywhere', async (t) => {
  const { valid, invalid } = readJson('vectors', 'amounts.json')
  const client = new Client({ ...settings, attempts: 1 })
  t.after(() => client.close())
  const outcome = ({ text, currency }) => client.activate({ ...sale, amount: text, currency }).catch((error) => error)
  for (const row of invalid) {
    const error = await outcome(row)
    assert.deepEqual([error.code, error.field], ['INVALID_INPUT', row.field], JSON.stringify(row))
    assert.ok(error.message.includes(row.says), error.message)
  }
  for (const row of valid) assert.equal((await outcome(row)).code, 'UNREACHABLE', JSON.stringify(row))
})

test('what a person types is read by the rules of the place', () => {
  const { valid, invalid } = readJson('vectors', 'typed_amounts.json')
  for (const { text, currency, separator, decimal } of valid) {
    assert.equal(posa.typedAmount(text, currency, { decimalSeparator: separator }), decimal)
  }
  for (const { text, currency, separator, field, says } of invalid) {
    assert.throws(
      () => posa.typedAmount(text, currency, { decimalSeparator: separator }),
      (error) => {
        assert.ok(error instanceof posa.InvalidInputError, inspect(error))
        assert.deepEqual([error.field, error.message.includes(says)], [camel(field), true], error.message)
        return true
      },
    )
  }
  for (const wrong of [
    [25, 'EUR', { decimalSeparator: ',' }],
    ['25', 'EUR'],
    ['25', 'EUR', ','],
    ['25', 'EUR', {}],
  ]) {
    assert.throws(() => posa.typedAmount(...wrong), TypeError)
  }
})

test('no input makes anything but an error of ours', async (t) => {
  const client = new Client({ ...settings, attempts: 1, journal: 'memory' })
  t.after(() => client.close())
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.anything())
  const input = fc.record(
    {
      cardNumber: fc.oneof(anything, fc.constant(sale.cardNumber)),
      amount: fc.oneof(anything, fc.bigInt(), fc.constant('25.00')),
      currency: fc.oneof(anything, fc.constant('USD')),
      requestId: fc.oneof(
        anything,
        fc.string().map((text) => `Awssb${text}`),
      ),
      source: fc.oneof(anything, fc.record({ sourceId: anything, institutionId: anything, details: anything })),
      programId: anything,
      externalReference: anything,
    },
    { requiredKeys: ['cardNumber', 'amount', 'currency'] },
  )
  const ours = (error) => error instanceof TypeError || error instanceof posa.PosaError
  await fc.assert(
    fc.asyncProperty(input, anything, async (given, id) => {
      for (const call of [
        () => client.activate(given),
        () => client.deactivate({ requestId: id, cardNumber: given.cardNumber }),
        () => client.status(given),
        () => client.resolve(id),
      ]) {
        const error = await call().catch((error) => error)
        assert.ok(ours(error), inspect(error))
        assert.ok(!`${error}`.includes(sale.cardNumber.slice(0, 12)))
      }
    }),
    { numRuns: 300 },
  )
})

test('no option makes anything but an error of ours, or a client', async () => {
  const wrong = fc.oneof(fc.string(), fc.anything())
  const names = [
    'partnerId',
    'endpoint',
    'region',
    'format',
    'proxy',
    'extraCa',
    'deadline',
    'attemptTimeout',
    'attempts',
    'retryBase',
    'rateLimit',
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), wrong, async (name, value) => {
      try {
        await new Client({ ...settings, [name]: value }).close()
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof posa.PosaError, inspect(error))
      }
    }),
    { numRuns: 300 },
  )
})

test('no batch, register or question makes anything but an error of ours', async (t) => {
  const client = new Client({ ...settings, attempts: 1, journal: 'memory' })
  t.after(() => client.close())
  const rules = new posa.SigningRules({ ...place, idTag: 'S042' })
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.anything())
  const sold = fc.record({ cardNumber: anything, amount: anything, currency: anything, requestId: anything })
  const period = { since: new Date(0), until: new Date() }
  await fc.assert(
    fc.asyncProperty(fc.array(sold, { maxLength: 3 }), anything, async (sales, text) => {
      for (const call of [
        () => all(client.activateMany('orders', sales)),
        () => client.reconcile({ ...period, register: sales }),
        () => client.reconcile({ ...period, register: text }),
        () => posa.signRequest(text, rules),
      ]) {
        await call().catch((error) =>
          assert.ok(error instanceof TypeError || error instanceof posa.PosaError, inspect(error)),
        )
      }
    }),
    { numRuns: 200 },
  )
})

test('receipts and sales print without the card number', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  const cardNumber = usdCard(sandbox)
  const receipt = await client.activate({ cardNumber, amount: '25.00', currency: 'USD', externalReference: 'till 4' })
  const [sold] = await all(client.transactions())
  for (const value of [receipt, sold]) {
    assert.equal(value.cardNumber, cardNumber)
    assert.equal(value.card, `...${cardNumber.slice(12, 16)}`)
    for (const shown of [inspect(value), JSON.stringify(value), inspect({ ...value }), JSON.stringify({ ...value })]) {
      assert.ok(!shown.includes(cardNumber.slice(0, 12)), shown)
      assert.ok(shown.includes(receipt.requestId), shown)
    }
  }
  assert.match(inspect(receipt), /^Receipt \{/)
  assert.equal(sold.externalReference, 'till 4')
  assert.ok(sold.startedAt instanceof Date && Math.abs(Date.now() - sold.startedAt.getTime()) < 60_000)
})
