// Workers that end in the middle of their calls.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { activated, startGateway, startHeldGateway } from './support/gateway.mjs'
import { all, Client, temporary } from './support/package.mjs'

const program = fileURLToPath(new URL('./support/worker.mjs', import.meta.url))
const sale = { cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' }
const MOST = 4096
// They wait for what has to come.
const patient = { timeout: 60_000 }

/** A worker that sells without end. It counts what it began in the first place, and marks each sale that it heard of. */
function startWorker(name, settings) {
  const marks = new Int32Array(new SharedArrayBuffer(4 * MOST))
  const worker = new Worker(program, { workerData: { name, settings, marks } })
  return { worker, marks }
}

/** All sales, once each has an outcome that was heard or is untold: what was under way when its worker ended goes on. */
async function settled(client, isHeard) {
  for (;;) {
    const sales = await all(client.transactions())
    if (sales.every((sold) => sold.state !== 'sending' && (isHeard(sold) || !sold.told))) return sales
  }
}

test('workers that are terminated in the middle of their calls: what none heard is untold', patient, async (t) => {
  const gateway = await startGateway(t, (_, body) => activated(body))
  const settings = { ...gateway.settings, journal: join(temporary(t), 'posa.db') }
  const heard = new Map()
  for (let round = 0; round < 50; round += 1) {
    const { worker, marks } = startWorker(`Awssb${round}W`, settings)
    await once(worker, 'message')
    // Sooner or later in the middle of something.
    for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    await worker.terminate()
    heard.set(`Awssb${round}W`, marks)
  }
  const client = new Client(settings)
  t.after(() => client.close())
  const isHeard = ({ requestId }) => {
    const [, name, number] = /^(\w+W)(\d+)$/.exec(requestId)
    return Atomics.load(heard.get(name), Number(number)) === 1
  }
  const sales = await settled(client, isHeard)
  assert.ok(sales.length >= 50 && sales.some(isHeard))
  assert.equal((await client.activate(sale)).cardStatus, 'Activated')
})

test('a sale whose worker ended before its answer is untold', patient, async (t) => {
  const gateway = await startHeldGateway(t)
  const settings = { ...gateway.settings, journal: join(temporary(t), 'posa.db') }
  const { worker } = startWorker('AwssbW', settings)
  await gateway.arrived
  await worker.terminate()
  gateway.answer()
  const client = new Client(settings)
  t.after(() => client.close())
  const sales = await settled(client, () => false)
  const activated = sales.filter(({ state }) => state === 'activated').map(({ requestId }) => requestId)
  assert.deepEqual(activated.toSorted(), gateway.ids.toSorted())
})
