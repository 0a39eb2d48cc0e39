// The service against the sandbox: a sale, its replay, a lost answer, a void.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Sandbox } from 'posa/testing'
import { createService } from './service.mjs'

async function open(t) {
  const folder = mkdtempSync(join(tmpdir(), 'posa-service-'))
  const sandbox = await Sandbox.start()
  const journal = join(folder, 'posa.db')
  const app = await createService({ ...sandbox.settings, journal, retryBase: 1, attempts: 3 })
  t.after(async () => {
    await app.close()
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const [{ digits: cardNumber }] = sandbox.cards({ currency: 'USD', denomination: null })
  return { sandbox, app, sale: { cardNumber, amount: '25.00', currency: 'USD' } }
}

test('a sale, its state and its void', async (t) => {
  const { app, sale } = await open(t)
  const sold = await app.inject({ method: 'POST', url: '/sales', payload: sale })
  assert.deepEqual([sold.statusCode, sold.json().status], [201, 'Activated'])
  assert.ok(!sold.body.includes(sale.cardNumber))
  const url = `/sales/${sold.json().requestId}`
  assert.equal((await app.inject({ url })).json().status, 'Activated')
  assert.equal((await app.inject({ method: 'DELETE', url })).json().status, 'deactivated')
  assert.equal((await app.inject({ url })).json().status, 'AwaitingActivation')
})

test('a lost answer is neither done nor refused, and the same id charges once', async (t) => {
  const { app, sandbox, sale } = await open(t)
  sandbox.inject({ fault: 'drop_after_commit', times: 3 })
  const lost = await app.inject({ method: 'POST', url: '/sales', payload: sale })
  assert.deepEqual([lost.statusCode, lost.json().error], [202, 'OUTCOME_UNKNOWN'])
  const payload = { ...sale, requestId: lost.json().requestId }
  const again = await app.inject({ method: 'POST', url: '/sales', payload })
  assert.equal(again.statusCode, 201)
  assert.equal(sandbox.movements().length, 1)
})

test('what is wrong is said', async (t) => {
  const { app, sale } = await open(t)
  for (const amount of ['2500.00', '-1', 'twenty']) {
    const refused = await app.inject({ method: 'POST', url: '/sales', payload: { ...sale, amount } })
    assert.deepEqual([refused.statusCode, refused.json().error], [422, 'INVALID_INPUT'])
    assert.match(refused.json().message, /amount/)
  }
  const float = await app.inject({ method: 'POST', url: '/sales', payload: { ...sale, amount: 25.1 } })
  assert.equal(float.statusCode, 400)
  assert.equal((await app.inject({ url: '/sales/AwssbNobody' })).statusCode, 409)
})
