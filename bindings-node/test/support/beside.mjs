// A till that sells, lets another SQLite of its process at the journal, sells again and is killed. Its argument is JSON:
// { settings, cards: [before, between, after], act, place }.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from './package.mjs'

const { settings, cards, act, place } = JSON.parse(process.argv[2])
const { journal } = settings
const [before, between, after] = cards
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

async function sell(client, numbers) {
  for (const cardNumber of numbers) await client.activate({ cardNumber, amount: '25.00', currency: 'USD' })
}

const acts = {
  async 'node:sqlite reads'() {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(journal)
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    database.close()
  },
  async 'node:sqlite reads only'() {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(journal, { readOnly: true })
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    database.close()
  },
  async 'node:sqlite backs up'() {
    const { backup, DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(journal)
    await backup(database, `${journal}.${process.hrtime.bigint()}`)
    database.close()
  },
  async 'better-sqlite3 reads'() {
    const Database = createRequire(join(process.env.POSA_BESIDE, 'package.json'))('better-sqlite3')
    const database = new Database(journal)
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    database.close()
  },
  async 'a second posa looks'() {
    const other = new (createRequire(place)('posa').Client)(settings)
    for await (const sale of other.transactions()) if (sale.state !== 'activated') throw new Error(sale.state)
    await other.close()
  },
}

const client = new Client(settings)
await sell(client, before)
await acts[act]()
await sell(client, between)
console.log('sold')
await lines.next()
await sell(client, after)
await acts[act]()
console.log('sold again')
process.kill(process.pid, 'SIGKILL')
