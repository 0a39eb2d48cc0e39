// One of everything that the package hands out, made with a card and keys that no print may show.
import { all, connect, esm, usdCard } from './package.mjs'

const { posa } = esm

export const password = 'hunter2-of-the-till'

/** Things by the name of their class or type. An error stands under its own class, whatever the call was. */
export async function things(t, sandbox) {
  const made = { Sandbox: [sandbox] }
  const keep = (name, ...more) => {
    made[name] = [...(made[name] ?? []), ...more]
  }
  const cardNumber = usdCard(sandbox)
  const sale = { cardNumber, amount: '25.00', currency: 'USD' }
  const place = { ...sandbox.settings, idTag: 'S042' }
  const rules = new posa.SigningRules(place)
  keep('SigningRules', rules)
  const signer = async (unsigned) => {
    const signed = await posa.signRequest(unsigned.question, rules)
    keep('Unsigned', unsigned)
    keep('Signed', signed)
    return JSON.parse(signed.answer).headers
  }
  const rateLimit = new posa.RateLimit(1000)
  const onEvent = (event) => keep('PosaEvent', event)
  const client = connect(t, sandbox, { credentials: undefined, signer, idTag: 'S042', rateLimit, onEvent })
  keep('RateLimit', rateLimit)
  keep('Client', client)

  sandbox.inject({ fault: 'drop_after_commit' })
  const receipt = await client.activate({ ...sale, externalReference: 'till 4' })
  keep('Receipt', receipt, await client.status(receipt), await client.deactivate(receipt))
  keep('Transaction', await client.transaction(receipt), ...(await all(client.transactions())))
  keep('HistoryEntry', ...(await client.history(receipt)))
  const rows = client.activateMany('orders', [sale, { ...sale, cardNumber: `${cardNumber}0` }])
  keep('Rows', rows)
  keep('Row', ...(await all(rows)))
  keep('Progress', rows.progress)
  const register = [{ ...sale, amount: '26.00' }]
  keep('Report', await client.reconcile({ since: new Date(0), until: new Date(Date.now() + 60_000), register }))
  sandbox.inject({ fault: 'drop_after_commit' })
  await client.activate({ ...sale, cardNumber: usdCard(sandbox, 1) }, { attempts: 1 }).catch(() => {})
  keep('Recovered', await client.recover())
  for (const name of ['settings', 'tlsSettings']) keep('SandboxSettings', sandbox[name])
  for (const list of ['cards', 'funds', 'transactions', 'movements', 'requests', 'faults'])
    keep('Sandbox', sandbox[list]())
  keep('Sandbox', sandbox.state(), sandbox.clock())

  for (const error of await failures(t, sandbox, client, cardNumber)) keep(error.constructor.name, error)
  return made
}

/** Errors of calls that have the card or a password where it does not belong. */
async function failures(t, sandbox, client, cardNumber) {
  const sale = { cardNumber, amount: '25.00', currency: 'USD' }
  const secretAccessKey = password
  const credentials = { accessKeyId: 'SANDBOXACCESSKEY', secretAccessKey }
  const spaced = cardNumber.replace(/(.{4})/g, '$1 ')
  const setUp = (options) => () => connect(t, sandbox, options)
  const signed = (signer) => () => connect(t, sandbox, { credentials: undefined, signer, attempts: 1 }).activate(sale)
  const calls = [cardNumber, spaced].flatMap((digits) => [
    ...['requestId', 'amount', 'currency', 'programId', 'productType', 'source'].map((name) => (options) => {
      return client.activate({ ...sale, [name]: digits }, options)
    }),
    (options) => client.activate({ ...sale, cardNumber: `${digits}x` }, options),
    (options) => client.activate({ ...sale, cardNumber: BigInt(cardNumber) }, options),
    (options) => client.activate({ ...sale, externalReference: digits.repeat(9) }, options),
    (options) => client.activate(digits, options),
    (options) => client.adopt({ ...sale, requestId: digits }, options),
    ...['deactivate', 'status'].map((verb) => (options) => client[verb]({ cardNumber, requestId: digits }, options)),
    ...['resolve', 'void', 'transaction', 'history'].map((verb) => (options) => client[verb](digits, options)),
    (options) => client.acknowledge({ requestId: digits, version: 1 }, options),
    () => posa.typedAmount(digits, 'EUR', { decimalSeparator: ',' }),
    () => posa.typedAmount('1', digits, { decimalSeparator: digits }),
    () =>
      posa.signRequest(
        JSON.stringify({ body: digits, secretAccessKey }),
        new posa.SigningRules({ ...sandbox.settings, idTag: 'S042' }),
      ),
    () => sandbox.card(digits),
    () => sandbox.setCondition(digits, 'claimed'),
    () => sandbox.addCard({ cardNumber: digits, denomination: digits }),
    () => sandbox.inject({ fault: 'error', errorType: digits, cardNumber: digits, requestId: digits }),
    () => sandbox.setFunds(digits, digits),
  ])
  const others = [
    () => connect(t, sandbox, { credentials }).activate(sale),
    setUp({ credentials: password }),
    setUp({ credentials: { ...credentials, accessKeyId: password, secretAccessKey: `${password} ` } }),
    setUp({ credentials: { accessKeyId: 7, secretAccessKey } }),
    setUp({ proxy: `http://till:${password}@[` }),
    setUp({ extraCa: password }),
    setUp({ endpoint: `https://till:${password}@gateway.example` }),
    () =>
      connect(t, sandbox, { journal: `postgres://till:${password}@127.0.0.1:9/posa`, deadline: 200 }).activate(sale),
    () =>
      new posa.SigningRules({ ...sandbox.settings, idTag: 'S042', credentials: { accessKeyId: '', secretAccessKey } }),
    signed(async () => ({ authorization: password, 'x-amz-date': password })),
    signed(async () => ({ authorization: 7 })),
    () => connect(t, sandbox, { credentials: () => credentials, attempts: 1 }).activate(sale),
  ]
  const stopped = calls.map((call) => () => {
    const controller = new AbortController()
    const waiting = call({ signal: controller.signal })
    controller.abort()
    return waiting
  })
  const late = calls.map((call) => () => call({ signal: AbortSignal.abort() }))
  const errors = []
  for (const call of [...calls, ...others, ...stopped, ...late]) {
    try {
      await call()
    } catch (error) {
      errors.push(error)
    }
  }
  return errors
}

/** The classes that a module exports, by name. */
export function classes(module) {
  return Object.values(module).filter((value) => typeof value === 'function' && /^class\b/.test(value.toString()))
}
