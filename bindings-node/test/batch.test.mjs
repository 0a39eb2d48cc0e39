// Many sales at once.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { all, connect, esm, startSandbox, temporary, usdCard } from './support/package.mjs'

const { posa } = esm

async function shop(t) {
  const sandbox = await startSandbox(t)
  const sales = Array.from({ length: 12 }, (_, index) => ({
    cardNumber: usdCard(sandbox, index),
    amount: '25.00',
    currency: 'USD',
  }))
  return { sandbox, sales, client: connect(t, sandbox) }
}

test('every sale has its row, and a second run charges nothing', async (t) => {
  const { sandbox, sales, client } = await shop(t)
  const rows = client.activateMany('orders', sales, { concurrency: 4 })
  const first = await all(rows)
  assert.deepEqual(
    first.map(({ index }) => index).toSorted((a, b) => a - b),
    [...sales.keys()],
  )
  assert.ok(first.every(({ receipt, error }) => receipt?.cardStatus === 'Activated' && error === undefined))
  assert.deepEqual(rows.progress, { started: 12, done: 12, rejected: 0, notSent: 0, unknown: 0 })
  const again = await all(client.activateMany('orders', sales))
  assert.deepEqual(new Set(again.map(({ requestId }) => requestId)), new Set(first.map(({ requestId }) => requestId)))
  assert.ok(again.every(({ receipt }) => receipt.attempts === 0))
  assert.equal(sandbox.movements().length, 12)
})

test('what is wrong with a sale is in its row', async (t) => {
  const { sandbox, sales, client } = await shop(t)
  sandbox.inject({ fault: 'drop_before_commit', times: 8, cardNumber: sales[0].cardNumber })
  const given = [sales[0], { cardNumber: '12', amount: '25.00', currency: 'USD' }, sales[1]]
  const rows = (await all(client.activateMany('orders', given))).toSorted((a, b) => a.index - b.index)
  assert.ok(rows[0].error instanceof posa.OutcomeUnknownError)
  assert.equal(rows[0].error.requestId, rows[0].requestId)
  assert.ok(rows[1].error instanceof posa.InvalidInputError)
  assert.deepEqual([rows[1].cardNumber, rows[1].card, rows[1].amount], [undefined, undefined, undefined])
  assert.deepEqual([rows[2].amount, rows[2].currency, rows[2].error], ['25.00', 'USD', undefined])
  assert.equal(rows[0].cardNumber, sales[0].cardNumber)
  assert.ok(!`${inspect(rows)}${JSON.stringify(rows)}`.includes(sales[0].cardNumber.slice(0, 12)))
})

test('sales are read as places come free, and nothing is started before the first row is asked for', async (t) => {
  const { sales, client } = await shop(t)
  let read = 0
  async function* source() {
    for (const sale of sales) {
      read += 1
      yield sale
    }
  }
  const rows = client.activateMany('orders', source(), { concurrency: 2 })
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([read, rows.progress.started], [0, 0])
  await rows.next()
  assert.ok(rows.progress.started <= 3 && read <= 4, `${rows.progress.started} started, ${read} read`)
  assert.equal((await all(rows)).length, 11)
})

test('leaving the loop early starts nothing more, and ends the source', async (t) => {
  const { sandbox, sales, client } = await shop(t)
  let ended = false
  async function* source() {
    try {
      yield* sales
    } finally {
      ended = true
    }
  }
  const rows = client.activateMany('orders', source(), { concurrency: 2 })
  for await (const { receipt } of rows) {
    assert.equal(receipt.cardStatus, 'Activated')
    break
  }
  await client.close()
  assert.ok(ended && rows.progress.started <= 4, `${rows.progress.started} started`)
  assert.equal(sandbox.movements().length, rows.progress.started)
  assert.deepEqual(await rows.next(), { done: true, value: undefined })
})

test('what the source throws is heard after its rows', async (t) => {
  const { sales, client } = await shop(t)
  const reason = new Error('no more')
  function* source() {
    yield sales[0]
    throw reason
  }
  const rows = client.activateMany('orders', source())
  assert.equal((await rows.next()).value.receipt.cardStatus, 'Activated')
  await assert.rejects(rows.next(), reason)
  assert.deepEqual(await rows.next(), { done: true, value: undefined })
})

test('what is no sale is a TypeError, and what is no batch is said at once', async (t) => {
  const { sales, client } = await shop(t)
  for (const wrong of [['1400000005567585358'], [{ ...sales[0], amount: 25 }]]) {
    await assert.rejects(client.activateMany('orders', wrong).next(), TypeError)
  }
  await assert.rejects(client.activateMany('orders', 7).next(), TypeError)
  assert.throws(() => client.activateMany('orders', [], { concurrency: 0 }), { field: 'concurrency' })
  assert.throws(() => client.activateMany(['orders'], []), TypeError)
  assert.throws(() => client.activateMany('orders', [], { parallel: 2 }), TypeError)
  assert.deepEqual(await all(client.activateMany('orders', [])), [])
})

test('a signal stops the waiting and starts nothing more, and what was begun is untold or open', async (t) => {
  const { sandbox, sales } = await shop(t)
  const journal = join(temporary(t), 'posa.db')
  const client = connect(t, sandbox, { journal })
  const controller = new AbortController()
  const rows = client.activateMany('orders', sales, { concurrency: 4, signal: controller.signal })
  const first = await rows.next()
  const second = rows.next()
  controller.abort()
  const error = await second.catch((error) => error)
  assert.ok(error instanceof posa.OutcomeUnknownError && error.name === 'AbortError' && error.requestId === undefined)
  assert.match(error.message, /Run the batch again under its name/)
  assert.deepEqual(await rows.next(), { done: true, value: undefined })
  await client.close()
  const again = connect(t, sandbox, { journal })
  const untold = (await all(again.untold())).map(({ requestId }) => requestId)
  const charged = sandbox.movements().map(({ requestId }) => requestId)
  assert.deepEqual([first.value.requestId, ...untold].toSorted(), charged.toSorted())
})

test('a signal that came between two rows stops a batch that was begun, and before the first one nothing is begun', async (t) => {
  const { sandbox, sales, client } = await shop(t)
  const controller = new AbortController()
  const rows = client.activateMany('orders', sales, { signal: controller.signal })
  await rows.next()
  controller.abort()
  await assert.rejects(rows.next(), posa.AbortError)
  const sold = sandbox.requests().length
  const unbegun = client.activateMany('more', sales, { signal: controller.signal })
  await assert.rejects(unbegun.next(), posa.NothingChangedError)
  assert.deepEqual([unbegun.progress.started, sandbox.requests().length >= sold], [0, true])
})

test('rows that nobody read are untold, but for those that an earlier run told', async (t) => {
  const { sandbox, sales } = await shop(t)
  const journal = join(temporary(t), 'posa.db')
  const client = connect(t, sandbox, { journal })
  const [first] = await all(client.activateMany('orders', sales.slice(0, 1)))
  const rows = client.activateMany('orders', sales.slice(0, 3), { concurrency: 3 })
  const read = await rows.next()
  while (rows.progress.done < 3) await new Promise((resolve) => setImmediate(resolve))
  await rows.return()
  await client.close()
  const again = connect(t, sandbox, { journal })
  const untold = (await all(again.untold())).map(({ requestId }) => requestId)
  const charged = sandbox.movements().map(({ requestId }) => requestId)
  const heard = new Set([first.requestId, read.value.requestId])
  assert.deepEqual(untold.toSorted(), charged.filter((id) => !heard.has(id)).toSorted())
})

test('a batch has patience with a gateway that cannot be reached, and no more of it than it is told', async (t) => {
  const { sandbox, sales } = await shop(t)
  const events = []
  const client = connect(t, sandbox, {
    endpoint: 'http://127.0.0.1:9',
    attempts: 1,
    onEvent: ({ type }) => events.push(type),
  })
  const rows = client.activateMany('orders', sales, { patience: 0 })
  assert.ok((await all(rows)).every(({ error }) => error instanceof posa.UnreachableError))
  assert.equal(rows.progress.notSent, 12)
  assert.ok(events.includes('batchPaused'))
  assert.throws(() => client.activateMany('orders', sales, { patience: '10 min' }), TypeError)
})
