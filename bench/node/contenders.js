// Each contender makes a function that performs operation `i` and returns a promise.

const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const {
  PARTNER,
  PATH,
  REGION,
  aws4Signer,
  body,
  card,
  check,
  credentials,
  floorSigner,
  smithySigner,
} = require('./fixture.js')

/** undici's pool and a signer that answers at once. */
function undici(task, sign) {
  const { Pool } = require('undici')
  const pool = new Pool(task.base, { connections: task.inFlight, connect: { ca: readFileSync(task.ca) } })
  return async (i) => {
    const content = body(i)
    const response = await pool.request({ path: PATH, method: 'POST', headers: sign(content), body: content })
    check(i, response.statusCode, await response.body.text())
  }
}

/** The platform's fetch, which sets host and content-length itself, to the values that were signed. */
function fetching(task, sign) {
  return async (i) => {
    const content = body(i)
    const headers = { ...(await sign(content)) }
    for (const name of ['host', 'Host', 'content-length', 'Content-Length']) delete headers[name]
    const response = await fetch(task.url, { method: 'POST', headers, body: content })
    check(i, response.status, await response.text())
  }
}

/** The npm package for Amazon's sister API: it always speaks https. */
function agcod(task) {
  const Client = require('agcod')
  const endpoint = { NA: { host: task.host, region: REGION } }
  const client = new Client({ partnerId: PARTNER, credentials, endpoint })
  return (i) =>
    new Promise((resolve, reject) => {
      client.createGiftCard('NA', 25, 'USD', (error, answer) => {
        if (error) reject(error instanceof Error ? error : new Error(`operation ${i}: ${JSON.stringify(error)}`))
        else if (answer.status === 'SUCCESS') resolve()
        else reject(new Error(`operation ${i} was not confirmed`))
      })
    })
}

/** This project's client, but for the rate limit, which would be all there is to see. */
function posa(task, durable) {
  const { Client } = require('posa')
  const client = new Client({
    partnerId: PARTNER,
    credentials,
    marketplace: 'US',
    endpoint: task.base,
    extraCa: task.https ? readFileSync(task.ca) : undefined,
    rateLimit: null,
    journal: durable ? join(task.folder, 'posa.db') : 'none',
  })
  return async (i) => {
    const receipt = await client.activate({ cardNumber: card(i), amount: '25.00', currency: 'USD' })
    if (receipt.attempts !== 1) throw new Error(`operation ${i} took ${receipt.attempts} requests`)
  }
}

module.exports = {
  'undici + cached key': (task) => undici(task, floorSigner(task.host)),
  'undici + aws4': (task) => undici(task, aws4Signer(task.host)),
  'fetch + aws4': (task) => fetching(task, aws4Signer(task.host)),
  'fetch + @smithy/signature-v4': (task) => fetching(task, smithySigner(task.host)),
  agcod,
  'posa, no journal': (task) => posa(task, false),
  'posa, SQLite journal': (task) => posa(task, true),
}
