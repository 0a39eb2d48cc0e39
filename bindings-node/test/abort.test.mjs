// A signal that stops the waiting: what the caller is told, and what the journal keeps.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { signalled, startHeldGateway } from './support/gateway.mjs'
import { all, Client, connect, esm, startSandbox, temporary, usdCard } from './support/package.mjs'

const { AbortError, NothingChangedError, OutcomeUnknownError } = esm.posa
const sale = { cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' }

/** A client of a gateway that is slow to answer; `settled` is told once its first sale is over. */
async function slowTill(t) {
  const gateway = await startHeldGateway(t)
  const [settled, over] = signalled()
  const onEvent = ({ type }) => type === 'settled' && over()
  const client = new Client({ ...gateway.settings, journal: 'memory', onEvent })
  t.after(() => client.close())
  return { gateway, client, settled }
}

/** What a sale comes to that is aborted once the gateway has its request. */
async function abortAtTheGateway({ gateway, client }, reason) {
  const controller = new AbortController()
  const waiting = client.activate(sale, { signal: controller.signal }).catch((error) => error)
  await gateway.arrived
  controller.abort(reason)
  return waiting
}

test('abort before the start: nothing is sent or recorded, and the error says so', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  const reason = new Error('the customer left')
  const signal = AbortSignal.abort(reason)
  const error = await client.activate({ ...sale, requestId: 'Awssb1' }, { signal }).catch((error) => error)
  assert.ok(error instanceof NothingChangedError && !(error instanceof OutcomeUnknownError))
  const { name, code, delivery, requestId, card, cause } = error
  assert.deepEqual([name, code, delivery], ['AbortError', 'ABORT_ERR', 'not_sent'])
  assert.deepEqual([requestId, card, cause], ['Awssb1', '...7585', reason])
  assert.match(error.message, /before it was begun: nothing was recorded or sent/)
  assert.deepEqual([sandbox.requests(), await all(client.transactions())], [[], []])
})

test('an aborted sale is an unknown outcome with its id, and nobody heard what comes of it', async (t) => {
  const till = await slowTill(t)
  const reason = new Error('the customer left')
  const error = await abortAtTheGateway(till, reason)
  assert.ok(error instanceof AbortError && error instanceof OutcomeUnknownError)
  const { name, code, kind, delivery, requestId, card, cause } = error
  assert.deepEqual([name, code, kind, delivery], ['AbortError', 'OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN', 'unknown'])
  assert.deepEqual([till.gateway.ids, card, cause], [[requestId], '...7585', reason])
  assert.match(error.message, /may or may not have changed.*same request id.*resolve/)
  assert.ok(error.message.includes(requestId))
  till.gateway.answer()
  await till.settled
  const [sold, ...others] = await all(till.client.untold())
  assert.deepEqual([sold.requestId, sold.state, sold.told, others], [requestId, 'activated', false, []])
  const receipt = await till.client.activate({ ...sale, requestId })
  assert.deepEqual([receipt.cardStatus, receipt.attempts], ['Activated', 0])
  assert.deepEqual(await all(till.client.untold()), [], 'whoever asks again has heard')
})

test('who repeats an aborted sale while it is under way hears what comes of it', async (t) => {
  const till = await slowTill(t)
  const { requestId } = await abortAtTheGateway(till)
  const again = till.client.activate({ ...sale, requestId }, { deadline: 60_000 })
  till.gateway.answer()
  assert.deepEqual([(await again).requestId, till.gateway.ids.length], [requestId, 1])
  assert.deepEqual(await all(till.client.untold()), [])
})

test('a signal that times out is the cause', async (t) => {
  const { gateway, client } = await slowTill(t)
  const error = await client.activate(sale, { signal: AbortSignal.timeout(1) }).catch((error) => error)
  assert.deepEqual([error.name, error.cause.name, error.code], ['AbortError', 'TimeoutError', 'OUTCOME_UNKNOWN'])
  gateway.answer()
})

test('abort in the same turn, and while the request is under way: the operation goes on', async (t) => {
  const sandbox = await startSandbox(t)
  for (const [index, phase] of ['same turn', 'sending', 'retrying'].entries()) {
    const controller = new AbortController()
    const journal = join(temporary(t), 'posa.db')
    const client = connect(t, sandbox, { journal, onEvent: ({ type }) => type === phase && controller.abort() })
    if (phase === 'retrying') sandbox.inject({ fault: 'drop_after_commit' })
    const cardNumber = usdCard(sandbox, index)
    const waiting = client.activate({ ...sale, cardNumber }, { signal: controller.signal })
    if (phase === 'same turn') controller.abort()
    const error = await waiting.catch((error) => error)
    assert.ok(error instanceof AbortError, phase)
    await client.close()
    const { status, requestId } = sandbox.card(cardNumber)
    assert.deepEqual([status, requestId], ['Activated', error.requestId], phase)
    const again = connect(t, sandbox, { journal })
    const [sold] = await all(again.untold())
    assert.deepEqual([sold.requestId, sold.state], [requestId, 'activated'], phase)
    await again.acknowledge(sold)
    assert.deepEqual(await all(again.untold()), [])
  }
})

test('an abort that crosses the outcome: either it is heard, or it is untold', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  const client = connect(t, sandbox, { journal })
  const heard = []
  const left = []
  for (let round = 0; round < 40; round += 1) {
    const controller = new AbortController()
    const { digits: cardNumber } = sandbox.addCard({ cardNumber: `14000000000${10_000 + round}` })
    const selling = client.activate({ ...sale, cardNumber }, { signal: controller.signal })
    // This thread takes nothing meanwhile, and aborts the sooner or the later after the gateway has charged.
    while (sandbox.card(cardNumber).status !== 'Activated');
    for (let look = 0; look < 10 * round; look += 1) sandbox.clock()
    if (round % 2 === 1) setImmediate(() => controller.abort())
    else controller.abort()
    await selling.then(
      ({ requestId }) => heard.push(requestId),
      ({ requestId }) => left.push(requestId),
    )
  }
  await client.close()
  const again = connect(t, sandbox, { journal })
  const untold = (await all(again.untold())).map(({ requestId }) => requestId)
  assert.deepEqual(untold.toSorted(), left.toSorted())
  assert.equal(heard.length + left.length, sandbox.movements().length)
  assert.ok(left.length >= 20)
})

test('a signal makes no sale one that may have been sent before', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox, { journal: 'none' })
  sandbox.setFunds('USD', '1.00')
  const { signal } = new AbortController()
  const poor = { ...sale, cardNumber: usdCard(sandbox) }
  for (const options of [undefined, { signal }]) {
    await assert.rejects(client.activate(poor, options), { code: 'INSUFFICIENT_FUNDS' })
  }
  await assert.rejects(client.activate({ ...poor, requestId: 'Awssb1' }, { signal }), { code: 'OUTCOME_UNKNOWN' })
})

test('abort after the end changes nothing', async (t) => {
  const sandbox = await startSandbox(t)
  const client = connect(t, sandbox)
  const controller = new AbortController()
  const { signal } = controller
  const receipt = await client.activate({ ...sale, cardNumber: usdCard(sandbox) }, { signal })
  controller.abort()
  assert.equal(receipt.cardStatus, 'Activated')
  assert.deepEqual(await all(client.untold()), [])
  await assert.rejects(client.status(receipt, { signal }), { name: 'AbortError', delivery: 'not_sent' })
})

test('every way to wait hears a signal, and only what reads says that nothing changed', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  const client = connect(t, sandbox, { journal })
  const receipt = await client.activate({ ...sale, cardNumber: usdCard(sandbox) })
  const sold = await client.transaction(receipt)
  const { requestId, cardNumber } = receipt
  const period = { since: new Date(0), until: new Date() }
  const copy = join(temporary(t), 'copy.db')
  const changing = {
    activate: (options) => client.activate({ ...sale, cardNumber, requestId }, options),
    adopt: (options) => client.adopt({ ...sale, cardNumber, requestId }, options),
    status: (options) => client.status(receipt, options),
    resolve: (options) => client.resolve(receipt, options),
    recover: (options) => client.recover(options),
    acknowledge: (options) => client.acknowledge(sold, options),
    backup: (options) => client.backup(copy, options),
    activateMany: (options) => client.activateMany('orders', [], options).next(),
    void: (options) => client.void(receipt, options),
    deactivate: (options) => client.deactivate(receipt, options),
  }
  const reading = {
    transaction: (options) => client.transaction(receipt, options),
    transactions: (options) => client.transactions(options).next(),
    untold: (options) => client.untold(options).next(),
    history: (options) => client.history(receipt, options),
    reconcile: (options) => client.reconcile({ ...period, ...options }),
  }
  const ofSales = ['activate', 'adopt', 'status', 'resolve', 'void', 'deactivate']
  for (const [verb, call] of Object.entries({ ...reading, ...changing })) {
    await assert.rejects(call({ signal: AbortSignal.abort() }), NothingChangedError, verb)
    const controller = new AbortController()
    const waiting = call({ signal: controller.signal })
    controller.abort()
    const error = await waiting.catch((error) => error)
    assert.equal(error.name, 'AbortError', verb)
    assert.equal(error.constructor, verb in reading ? NothingChangedError : AbortError, verb)
    if (ofSales.includes(verb)) assert.deepEqual([error.requestId, error.card], [requestId, receipt.card], verb)
  }
})

test('nothing is rejected behind the back of a caller who stopped waiting', async (t) => {
  const behind = []
  const listen = (reason) => behind.push(reason)
  process.on('unhandledRejection', listen)
  t.after(() => process.off('unhandledRejection', listen))
  const sandbox = await startSandbox(t)
  const fails = async () => {
    throw new Error('sealed')
  }
  const client = connect(t, sandbox, { credentials: fails, onEvent: fails })
  const controller = new AbortController()
  const waiting = client.activate({ ...sale, cardNumber: usdCard(sandbox) }, { signal: controller.signal })
  const rows = client.activateMany('orders', endsBadly())
  const reading = rows.next()
  await rows.return()
  controller.abort()
  await Promise.allSettled([waiting, reading, client.close(), client.close()])
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(behind, [])
})

async function* endsBadly() {
  yield { ...sale, cardNumber: '12' }
  throw new Error('no more')
}
