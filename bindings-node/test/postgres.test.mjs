// The journal in a PostgreSQL database, on a server that is thrown away afterwards.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, esm, startSandbox, usdCard } from './support/package.mjs'
import { freePort, startPostgres } from './support/postgres.mjs'

const { posa } = esm

test('two tills share one journal', async (t) => {
  const journal = await startPostgres(t)
  if (journal === undefined) return
  const sandbox = await startSandbox(t)
  const [one, other] = [connect(t, sandbox, { journal }), connect(t, sandbox, { journal })]
  const sale = { cardNumber: usdCard(sandbox), amount: '25.00', currency: 'USD' }
  sandbox.inject({ fault: 'drop_after_commit', times: 8 })
  const error = await one.activate(sale).catch((error) => error)
  assert.ok(error instanceof posa.OutcomeUnknownError)
  assert.equal((await other.resolve(error)).state, 'activated')
  assert.equal((await one.activate({ ...sale, requestId: error.requestId })).attempts, 0)
  assert.equal(sandbox.movements().length, 1)
})

test('a database that is not there is named without the password', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = `postgres://till:hunter2@127.0.0.1:${await freePort()}/shop`
  await assert.rejects(connect(t, sandbox, { journal }).recover(), (error) => {
    assert.ok(error instanceof posa.JournalError)
    assert.match(error.message, /cannot be reached/)
    assert.ok(!error.message.includes('hunter2'))
    return true
  })
})
