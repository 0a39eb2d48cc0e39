// The control API of the sandbox in the process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Client, connect, Sandbox, startSandbox, usdCard } from './support/package.mjs'

test('cards, funds, clock, requests and state', async (t) => {
  const sandbox = await startSandbox(t)
  const added = sandbox.addCard({ cardNumber: '1400000000000017', denomination: '50.00', marketplace: 'US' })
  assert.deepEqual([added.denomination, added.status, added.checksum.length], ['50.00', 'AwaitingActivation', 3])
  assert.deepEqual(sandbox.card('1400000000000017'), added)
  assert.equal(sandbox.setCondition('1400000000000017', 'claimed').condition, 'claimed')
  assert.equal(sandbox.setFunds('USD', '10.00').available, '10.00')
  const client = connect(t, sandbox)
  const poor = await client
    .activate({ cardNumber: usdCard(sandbox), amount: '25.00', currency: 'USD' })
    .catch((error) => error)
  assert.equal(poor.code, 'INSUFFICIENT_FUNDS')
  const [request] = sandbox.requests()
  assert.deepEqual([request.operation, request.signature, request.committed], ['ActivateGiftCard', 'valid', false])
  assert.deepEqual(
    [sandbox.clock({ frozen: true }).frozen, sandbox.clock({ advanceSeconds: 60 }).offsetSeconds],
    [true, 60],
  )
  const state = sandbox.state()
  assert.deepEqual([state.transactions, state.movements, state.faults], [[], [], []])
  sandbox.clearRequests()
  sandbox.reset()
  assert.deepEqual([sandbox.requests(), sandbox.clock().frozen], [[], false])
  assert.throws(() => sandbox.card('1400000000000017'), { code: 'INVALID_INPUT' })
})

test('faults wait, are forgotten, and misspelt ones are refused', async (t) => {
  const sandbox = await startSandbox(t)
  sandbox.inject({ fault: 'delay', delayMs: 5, times: 2, operation: 'ActivateGiftCard' })
  assert.deepEqual(sandbox.faults(), [{ fault: 'delay', delayMs: 5, times: 2, operation: 'ActivateGiftCard' }])
  sandbox.clearFaults()
  assert.deepEqual(sandbox.faults(), [])
  assert.throws(() => sandbox.inject({ fault: 'truncate', card: '1' }), {
    code: 'INVALID_INPUT',
    message: /no member card/,
  })
  assert.throws(() => sandbox.inject({ fault: 'explode' }), { code: 'INVALID_INPUT' })
})

test('one that nobody names any more serves on', async (t) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const { settings, digits } = await (async () => {
    const sandbox = await Sandbox.start()
    return { settings: sandbox.settings, digits: usdCard(sandbox) }
  })()
  for (let turn = 0; turn < 3; turn += 1) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const client = new Client({ ...settings, journal: 'none' })
  t.after(() => client.close())
  const receipt = await client.activate({ cardNumber: digits, amount: '25.00', currency: 'USD' })
  assert.equal(receipt.cardStatus, 'Activated')
})

test('several sandboxes run side by side, and a stopped one says so', async (t) => {
  const [one, other] = [await startSandbox(t), await startSandbox(t)]
  assert.notEqual(one.url, other.url)
  await one.stop()
  assert.throws(() => one.cards(), { code: 'CONFIGURATION', field: 'sandbox' })
  await one.stop()
  assert.ok(other.cards().length > 10)
})
