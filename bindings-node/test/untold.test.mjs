// What nobody heard, what recovery does about it, and sales that the journal does not have.
import assert from 'node:assert/strict'
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { all, connect, esm, startSandbox, temporary, usdCard } from './support/package.mjs'

const { posa } = esm
const sale = { amount: '25.00', currency: 'USD' }
const untold = async (client) => (await all(client.untold())).map(({ requestId, state }) => [requestId, state])

/** Sales without an outcome, whose answers are lost; their ids. */
async function loseAnswers(sandbox, client, count, first = 0) {
  sandbox.inject({ fault: 'drop_after_commit', times: count })
  const sales = Array.from({ length: count }, (_, index) => ({ ...sale, cardNumber: usdCard(sandbox, first + index) }))
  const lost = sales.map((one) => client.activate(one, { attempts: 1 }).catch((error) => error.requestId))
  return Promise.all(lost)
}

test('of 100 sales that are aborted at once, each that was charged is untold or open', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  const [atOnce, later] = [new AbortController(), new AbortController()]
  for (const { signal } of [atOnce, later]) setMaxListeners(0, signal)
  let sent = 0
  const onEvent = ({ type }) => {
    if (type === 'sending') sent += 1
    if (sent === 60) later.abort()
  }
  const client = connect(t, sandbox, { journal, onEvent, attempts: 1 })
  sandbox.inject({ fault: 'drop_after_commit', times: 20 })
  const selling = Array.from({ length: 100 }, (_, index) => {
    const { digits: cardNumber } = sandbox.addCard({ cardNumber: `14000000000${10_000 + index}` })
    const { signal } = index % 2 === 0 ? atOnce : later
    return client.activate({ ...sale, cardNumber }, { signal })
  })
  atOnce.abort()
  const ended = await Promise.allSettled(selling)
  await client.close()
  const again = connect(t, sandbox, { journal })
  const heard = ended.filter(({ value }) => value).map(({ value }) => value.requestId)
  const left = (await untold(again)).map(([requestId]) => requestId)
  const open = (await all(again.transactions({ open: true }))).map(({ requestId }) => requestId)
  const charged = sandbox.movements().map(({ requestId }) => requestId)
  assert.deepEqual([...heard, ...left, ...open].toSorted(), charged.toSorted())
  assert.deepEqual([charged.length, open.length], [100, 20])
  const aborted = ended.filter(({ reason }) => reason instanceof posa.AbortError)
  assert.ok(aborted.length >= 50 && aborted.every(({ reason }) => charged.includes(reason.requestId)))
})

test('what recovery settles is untold until it is acknowledged', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  const [id] = await loseAnswers(sandbox, client, 1)
  assert.deepEqual([await untold(client), (await client.transaction(id)).state], [[], 'unknown'])
  const { settled } = await client.recover()
  assert.deepEqual([settled.map(({ told }) => told), await untold(client)], [[false], [[id, 'activated']]])
  // As a page that lists them posts it back.
  await client.acknowledge(JSON.parse(JSON.stringify(settled[0])))
  assert.deepEqual([await untold(client), (await client.transaction(id)).told], [[], true])
  const steps = await client.history(id)
  assert.deepEqual(steps.map(({ event }) => event).slice(0, 2), ['activate', 'unknown'])
  assert.deepEqual([steps.at(-1).event, steps.every(({ at }) => at instanceof Date)], ['told', true])
  assert.deepEqual(await client.history('AwssbUNKNOWN'), [])
})

test('another outcome than the one that was heard stays untold', { timeout: 60_000 }, async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  const ids = await loseAnswers(sandbox, client, 1)
  await client.recover()
  const [sold] = await all(client.untold())
  const controller = new AbortController()
  const returning = client.deactivate(sold, { signal: controller.signal }).catch((error) => error)
  controller.abort()
  assert.ok((await returning) instanceof posa.OutcomeUnknownError)
  for (let now = sold; now.state !== 'deactivated' || now.told; ) now = await client.transaction(sold)
  await client.acknowledge(sold)
  assert.deepEqual(await untold(client), [[ids[0], 'deactivated']])
  for (const wrong of [sold.requestId, { requestId: sold.requestId }, { requestId: sold.requestId, version: 0.5 }]) {
    await assert.rejects(client.acknowledge(wrong), TypeError)
  }
})

test('a client that acknowledges has told nothing before', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox, { acknowledged: true })
  const { requestId } = await client.activate({ ...sale, cardNumber: usdCard(sandbox) })
  assert.deepEqual(await untold(client), [[requestId, 'activated']])
  await client.acknowledge(await client.transaction(requestId))
  assert.deepEqual(await untold(client), [])
})

test('recovery leaves, gives up or completes what is older, as it is told', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  const yesterday = connect(t, sandbox, { journal })
  const ids = await loseAnswers(sandbox, yesterday, 2)
  await yesterday.close()
  sandbox.clock({ advanceSeconds: 24 * 3600 })
  const client = connect(t, sandbox, { journal })
  const [hour, week] = [3600_000, 7 * 24 * 3600_000]
  const left = await client.recover({ leaveOlderThan: hour })
  assert.deepEqual(new Set(left.open.map(({ requestId }) => requestId)), new Set(ids))
  assert.ok(left.open.every(({ error }) => error instanceof posa.OutcomeUnknownError))
  await client.resolve(ids[0])
  const voided = await client.recover({ voidOlderThan: hour })
  assert.deepEqual(
    voided.settled.map(({ requestId, state }) => [requestId, state]),
    [[ids[1], 'deactivated']],
  )
  const [lost] = await loseAnswers(sandbox, client, 1, 2)
  const completed = await client.recover({ voidOlderThan: week })
  assert.deepEqual(
    completed.settled.map(({ requestId, state }) => [requestId, state]),
    [[lost, 'activated']],
  )
})

test('recovery is told one thing about what is older', async (t) => {
  const client = connect(t, await startSandbox(t))
  const [older, left] = ['voidOlderThan', 'leaveOlderThan']
  for (const [options, field] of [
    [{ void: true, [older]: 1 }, older],
    [{ void: true, [left]: 1 }, left],
    [{ [older]: 1, [left]: 1 }, left],
  ]) {
    await assert.rejects(client.recover(options), { code: 'INVALID_INPUT', field })
  }
  await assert.rejects(client.recover({ [older]: '1 h' }), { name: 'TypeError', message: /voidOlderThan/ })
})

test('a sale of another client is adopted, and can be returned then', async (t) => {
  const sandbox = await startSandbox(t)
  const receipt = await connect(t, sandbox).activate({
    ...sale,
    cardNumber: usdCard(sandbox),
    requestId: 'Awssb-till_1',
  })
  const client = connect(t, sandbox)
  const { requestId, cardNumber } = receipt
  const adopted = await client.adopt({ ...sale, cardNumber, requestId })
  assert.deepEqual([adopted.requestId, adopted.cardStatus], [requestId, 'Activated'])
  assert.equal((await client.deactivate(adopted)).cardStatus, 'AwaitingActivation')
  assert.deepEqual(
    sandbox.movements().map(({ kind }) => kind),
    ['charge', 'refund'],
  )
  await assert.rejects(client.adopt({ ...sale, cardNumber }), { code: 'INVALID_INPUT', field: 'requestId' })
  const inactive = { ...sale, cardNumber: usdCard(sandbox, 1), requestId: 'Awssb2' }
  await assert.rejects(client.adopt(inactive), posa.RejectedError)
})
