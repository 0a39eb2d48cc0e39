// What only Node can break: exit, close, signals' listeners, memory.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once, setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { activated, startGateway, startHeldGateway } from './support/gateway.mjs'
import { all, Client, connect, esm, startSandbox, temporary, usdCard } from './support/package.mjs'

const support = (name) => fileURLToPath(new URL(`./support/${name}`, import.meta.url))
const sale = { cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' }

/** Runs `sell.mjs`; what it printed, and its exit code. */
function sell(given) {
  const child = spawn(process.execPath, [support('sell.mjs'), JSON.stringify(given)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (data) => (out += data))
  const ended = once(child, 'close').then(([code]) => ({ code, out }))
  return { child, ended }
}

for (const after of ['nothing', 'close']) {
  test(`a process ends by itself after its last call, with ${after} after it`, async (t) => {
    const sandbox = await startSandbox(t)
    const journal = join(temporary(t), 'posa.db')
    const settings = { ...sandbox.settings, journal }
    const { code, out } = await sell({ settings, sale: { ...sale, cardNumber: usdCard(sandbox) }, after }).ended
    assert.equal(code, 0)
    const { receipt, active } = JSON.parse(out)
    assert.equal(receipt.cardStatus, 'Activated')
    assert.deepEqual(active, [], 'what keeps the process')
  })
}

test('a call under way keeps the process until it is recorded', async (t) => {
  let answer
  const gateway = await startGateway(
    t,
    (_, body) => new Promise((resolve) => (answer = () => resolve(activated(body)))),
  )
  const arrived = once(gateway.server, 'request')
  const { ended } = sell({ settings: gateway.settings, sale, after: 'nothing' })
  await arrived
  await new Promise((resolve) => setImmediate(resolve))
  answer()
  const { code, out } = await ended
  assert.equal(code, 0)
  assert.equal(JSON.parse(out).receipt.cardStatus, 'Activated')
})

test('a call that was aborted keeps the process until it is recorded, as untold', async (t) => {
  const gateway = await startHeldGateway(t)
  const settings = { ...gateway.settings, journal: join(temporary(t), 'posa.db') }
  const { child, ended } = sell({ settings, sale, after: 'abort' })
  await Promise.all([gateway.arrived, once(child.stdout, 'data')])
  gateway.answer()
  const { code, out } = await ended
  assert.equal(code, 0)
  const client = new Client(settings)
  t.after(() => client.close())
  const [sold] = await all(client.untold())
  assert.deepEqual([sold.requestId, sold.state], [JSON.parse(out).requestId, 'activated'])
})

test('exit in the middle of a call: the journal has the sale, and the next process settles it', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  const cardNumber = usdCard(sandbox)
  sandbox.inject({ fault: 'delay', delayMs: 60_000 })
  const settings = { ...sandbox.settings, journal, attemptTimeout: 60_000, deadline: 60_000 }
  const { child, ended } = sell({ settings, sale: { ...sale, cardNumber }, after: 'exit' })
  while (sandbox.card(cardNumber).status !== 'Activated') await new Promise((resolve) => setImmediate(resolve))
  child.stdin.end('now')
  assert.equal((await ended).code, 7)
  const client = connect(t, sandbox, { journal })
  const [begun, ...others] = await all(client.transactions())
  assert.deepEqual([begun.state, others], ['sending', []])
  // The journal sees that the process is gone, and lets this one take over at once.
  assert.equal((await client.resolve(begun.requestId)).state, 'activated')
  assert.equal(sandbox.movements().length, 1)
})

test('a call with times of its own ends by them, and close waits for it', async (t) => {
  const gateway = await startGateway(t, () => undefined)
  const client = new Client(gateway.settings)
  const calls = [
    client.activate(sale, { deadline: 60 }),
    client.activate(sale, { attemptTimeout: 20, attempts: 2 }),
    client.activate(sale, { deadline: 0 }),
  ].map((call) => call.catch((error) => error))
  await client.close()
  const [late, tried, none] = await Promise.all(calls)
  assert.deepEqual([late.code, tried.code, tried.attempts], ['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN', 2])
  assert.ok(none instanceof esm.posa.PosaError)
  await assert.rejects(client.activate(sale, { deadline: '1 s' }), { name: 'TypeError', message: /deadline/ })
  await assert.rejects(client.activate(sale, { timeout: 1 }), { name: 'TypeError', message: /no member timeout/ })
})

test('a signal that outlives its calls keeps no listener of theirs', async (t) => {
  const gateway = await startGateway(t, (_, body) => activated(body))
  const client = new Client(gateway.settings)
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  let listeners = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...given) => {
    listeners += 1
    addEventListener.apply(signal, given)
  }
  signal.removeEventListener = (...given) => {
    listeners -= 1
    removeEventListener.apply(signal, given)
  }
  const calls = Array.from({ length: 20 }, () => client.activate(sale, { signal }))
  assert.equal(listeners, 20)
  await Promise.all(calls)
  assert.equal(listeners, 0)
  await assert.rejects(client.activate({ ...sale, amount: 'x' }, { signal }), { code: 'INVALID_INPUT' })
  assert.equal(listeners, 0)
  await client.close()
})

test('close waits for what is under way and refuses the rest', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  const client = new Client({ ...sandbox.settings, journal, rateLimit: null })
  const selling = client.activate({ ...sale, cardNumber: usdCard(sandbox) })
  const [receipt] = await Promise.all([selling, client.close(), client.close()])
  assert.equal(receipt.cardStatus, 'Activated')
  const late = await client.activate(sale).catch((error) => error)
  assert.deepEqual([late.code, late.field, late.delivery], ['CONFIGURATION', 'client', 'not_sent'])
  await client.close()
  const again = connect(t, sandbox, { journal })
  assert.equal((await again.transaction(receipt.requestId)).state, 'activated')
  assert.equal(await again.transaction('AwssbUNKNOWN'), undefined)
  await again[Symbol.asyncDispose]()
})

test('sales are read page by page, all of them once', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox, { journal: join(temporary(t), 'posa.db') })
  const sold = await Promise.all(
    Array.from({ length: 7 }, (_, i) => client.activate({ ...sale, cardNumber: usdCard(sandbox, i) })),
  )
  const read = (await all(client.transactions())).map(({ requestId }) => requestId)
  assert.deepEqual(read.toSorted(), sold.map(({ requestId }) => requestId).toSorted())
  assert.deepEqual(await all(client.transactions({ until: new Date(0) })), [])
  assert.deepEqual(await all(client.transactions({ open: true })), [])
})

test('10,000 calls leave nothing behind', async (t) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const gateway = await startGateway(t, (_, body) => activated(body))
  const client = new Client(gateway.settings)
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const sold = async (count) => {
    for (let done = 0; done < count; done += 50) {
      await Promise.all(Array.from({ length: 50 }, () => client.activate(sale, { signal })))
    }
    gc()
    return process.memoryUsage()
  }
  const before = await sold(2000)
  const after = await sold(10_000)
  const grown = (after.heapUsed - before.heapUsed) / 1e6
  assert.ok(grown < 2, `the heap has grown by ${grown} MB`)
  assert.ok(after.rss - before.rss < 60e6, `memory has grown by ${(after.rss - before.rss) / 1e6} MB`)
  await client.close()
})
