import assert from 'node:assert/strict'
import { all } from '../support/package.mjs'

/** Compares what the sandbox and the journals hold with what the scenario says, and with what is always true. */
export async function compare(stage, { name, after }) {
  const { sandbox } = stage
  for (const [card, status] of Object.entries(after.cards ?? {})) {
    assert.equal(sandbox.card(stage.cards[card]).status, status, `${name}: card ${card}`)
  }
  const movements = sandbox.movements()
  const count = (kind) => movements.filter((movement) => movement.kind === kind).length
  assert.deepEqual([count('charge'), count('refund')], [after.charges, after.refunds], `${name}: charges and refunds`)
  noCardIsChargedTwice(movements, name)
  for (const { currency, available, partnerId } of sandbox.funds()) {
    const expected = after.available?.[currency]
    if (expected && partnerId === sandbox.partnerId) assert.equal(available, expected, `${name}: ${currency}`)
  }
  const log = sandbox.requests()
  if (after.requests) {
    const counted = {}
    for (const { operation } of log) counted[operation ?? ''] = (counted[operation ?? ''] ?? 0) + 1
    assert.deepEqual(counted, after.requests, `${name}: requests`)
  }
  if (after.request_ids !== undefined) {
    const ids = new Set(log.map((entry) => entry.requestId).filter((id) => id !== null))
    assert.equal(ids.size, after.request_ids, `${name}: request ids`)
  }
  for (const [client, sales] of Object.entries(after.journal ?? {})) {
    const held = await all(stage.clients[client].transactions())
    const states = Object.fromEntries(held.map((sale) => [sale.requestId, sale.state]))
    const expected = Object.entries(sales).map(([label, state]) => [stage.ids[label], state])
    assert.deepEqual(states, Object.fromEntries(expected), `${name}: the journal of ${client}`)
  }
}

function noCardIsChargedTwice(movements, name) {
  const charged = {}
  for (const { cardNumber, kind } of movements) {
    charged[cardNumber] = (charged[cardNumber] ?? 0) + (kind === 'charge' ? 1 : -1)
    assert.ok(charged[cardNumber] === 0 || charged[cardNumber] === 1, `${name}: ...${cardNumber.slice(12, 16)}`)
  }
}
