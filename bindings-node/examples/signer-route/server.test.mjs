// A till without a key sells with this server's signatures, and no more than its rules allow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, SigningRefusedError, SigningRules } from 'posa'
import { Sandbox } from 'posa/testing'
import { createServer } from './server.mjs'

async function open(t, token) {
  const sandbox = await Sandbox.start()
  const { credentials, ...place } = sandbox.settings
  const rules = new SigningRules({ ...place, idTag: 'S042', credentials, limits: { USD: '50.00' } })
  const app = createServer(rules, (given) => given === 'till-7')
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/sign`
  const refusals = []
  const signer = async ({ question }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: question,
    })
    const answer = await response.json()
    if (!response.ok) {
      refusals.push([response.status, answer.field])
      throw new SigningRefusedError(answer.message)
    }
    return answer.headers
  }
  const client = new Client({ ...place, idTag: 'S042', signer, journal: 'memory' })
  t.after(async () => {
    await client.close()
    await app.close()
    await sandbox.stop()
  })
  const [{ digits: cardNumber }] = sandbox.cards({ currency: 'USD', denomination: null })
  return { sandbox, client, refusals, sale: { cardNumber, currency: 'USD' } }
}

test('a till without a key sells', async (t) => {
  const { client, sale } = await open(t, 'till-7')
  assert.equal((await client.activate({ ...sale, amount: '50.00' })).cardStatus, 'Activated')
})

test('an amount over the limit is not signed', async (t) => {
  const { client, sandbox, refusals, sale } = await open(t, 'till-7')
  await assert.rejects(client.activate({ ...sale, amount: '50.01' }), { delivery: 'not_sent' })
  assert.deepEqual(refusals, [[403, 'amount']])
  assert.deepEqual(sandbox.requests(), [])
})

test('nothing is signed for strangers', async (t) => {
  const { client, sandbox, refusals, sale } = await open(t, 'stranger')
  await assert.rejects(client.activate({ ...sale, amount: '25.00' }), { delivery: 'not_sent' })
  assert.deepEqual(refusals, [[401, undefined]])
  assert.deepEqual(sandbox.requests(), [])
})
