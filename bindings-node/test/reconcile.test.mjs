// The journal, the gateway and the register compared.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { connect, startSandbox, temporary, usdCard } from './support/package.mjs'

const HOUR = 3_600_000
const period = { since: new Date(Date.now() - HOUR), until: new Date(Date.now() + HOUR) }
const sale = { amount: '25.00', currency: 'USD' }

async function shop(t) {
  const sandbox = await startSandbox(t)
  return { sandbox, client: connect(t, sandbox), cards: [0, 1, 2].map((index) => usdCard(sandbox, index)) }
}

test('what agrees is no difference', async (t) => {
  const { client, cards } = await shop(t)
  const { requestId } = await client.activate({ ...sale, cardNumber: cards[0] })
  const register = [{ cardNumber: cards[0], amount: 2500n, currency: 'USD', requestId, soldAt: new Date() }]
  const report = await client.reconcile({ ...period, register })
  assert.deepEqual(report.differences, [])
  assert.deepEqual([report.sales, report.asked, report.register, report.registerElsewhere], [1, 1, 1, 0])
  assert.match(String(report), /Differences: 0/)
})

test('what differs is told with its reason', async (t) => {
  const { sandbox, client, cards } = await shop(t)
  for (const cardNumber of cards.slice(0, 2)) await client.activate({ ...sale, cardNumber })
  sandbox.setCondition(cards[0], 'invalidated')
  const register = join(temporary(t), 'register.csv')
  writeFileSync(register, `card_number,amount,sold_at\n${cards[1]},30.00,\n${cards[2]},25.00,\n`)
  const report = await client.reconcile({ ...period, register, registerCurrency: 'USD', registerOffset: 60 })
  const reasons = Object.fromEntries(report.differences.map((difference) => [difference.reason, difference]))
  const expected = ['activated_not_sold', 'amount_differs', 'gateway_not_active', 'sold_not_activated']
  assert.deepEqual(Object.keys(reasons).toSorted(), expected)
  const { amount, registerAmount, registerLine, at, card } = reasons.amount_differs
  assert.deepEqual([amount, registerAmount, registerLine, card], ['25.00', '30.00', 2, `...${cards[1].slice(12, 16)}`])
  assert.ok(period.since < at && at < period.until)
  assert.equal(reasons.gateway_not_active.gateway, 'Invalidated')
  assert.equal(report.csv.split('\n').length, 2 + report.differences.length)
  const shown = `${report}${inspect(report, { depth: 9 })}${report.csv}`
  assert.ok(!cards.some((card) => shown.includes(card.slice(0, 12))))
})

test('periods and registers that cannot be', async (t) => {
  const { client, cards } = await shop(t)
  const reverse = { since: period.until, until: period.since }
  await assert.rejects(client.reconcile(reverse), { code: 'INVALID_INPUT', field: 'period' })
  await assert.rejects(client.reconcile({ ...period, register: 'missing.csv' }), { field: 'register' })
  const float = [{ cardNumber: cards[0], amount: 25, currency: 'USD' }]
  await assert.rejects(client.reconcile({ ...period, register: float }), { name: 'TypeError', message: /not exact/ })
  await assert.rejects(client.reconcile({ since: period.since }), { name: 'TypeError', message: /until is no/ })
  await assert.rejects(client.reconcile({ ...period, register: 'r.csv', registerOffset: 1440 }), TypeError)
})
