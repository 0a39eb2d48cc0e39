// What is done to a journal's file while it is open, and what is left of it when it is closed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { closeTheBooks, files, hasNewer, newer, secondCopy, till } from './support/journal.mjs'
import { all, Client, connect, startSandbox, temporary, usdCard } from './support/package.mjs'

const sale = (cardNumber) => ({ cardNumber, amount: '25.00', currency: 'USD' })
const cards = (sandbox, from, to) => Array.from({ length: to - from }, (_, i) => usdCard(sandbox, from + i))

const oldest = process.execPath
for (const [act, node] of [
  ['node:sqlite reads', newer],
  ['node:sqlite reads only', newer],
  ['node:sqlite backs up', newer],
  ['better-sqlite3 reads', newer],
  ['a second posa looks', oldest],
]) {
  test(`while ${act} in the process`, async (t) => {
    if (node === newer && !hasNewer(t)) return
    const sandbox = await startSandbox(t)
    const folder = temporary(t)
    const journal = join(folder, 'posa.db')
    const settings = { ...sandbox.settings, journal, rateLimit: null }
    const selling = till(t, node, {
      settings,
      cards: [cards(sandbox, 0, 4), cards(sandbox, 4, 8), cards(sandbox, 8, 12)],
      act,
      place: secondCopy(temporary(t)),
    })
    await selling.hears('sold')
    // Another process comes and goes: the last one out puts the log away.
    assert.equal(await closeTheBooks(sandbox, journal), 8)
    selling.go()
    await selling.hears('sold again')
    await selling.ended
    assert.equal(await closeTheBooks(sandbox, journal), 12)
    for (const copy of files(folder).filter((name) => /^posa\.db\.\d+$/.test(name))) {
      // Whoever made it could not tell whether sales were missing in it.
      const again = connect(t, sandbox, { journal: join(folder, copy) })
      await assert.rejects(all(again.transactions()), { code: 'JOURNAL', message: /posa journal restore/ })
    }
  })
}

test('two copies of the package sell one card once', async (t) => {
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  const other = createRequire(secondCopy(temporary(t)))('posa')
  assert.notEqual(other.Client, Client)
  const settings = { ...sandbox.settings, journal, rateLimit: null }
  for (const cardNumber of cards(sandbox, 0, 12)) {
    const clients = [new Client(settings), new other.Client(settings)]
    const outcomes = await Promise.allSettled(clients.map((client) => client.activate(sale(cardNumber))))
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
    const [{ reason }] = outcomes.filter(({ status }) => status === 'rejected')
    assert.ok(['CONFLICT', 'ALREADY_ACTIVATED'].includes(reason.code), reason)
    await Promise.all(clients.map((client) => client.close()))
  }
  assert.equal(await closeTheBooks(sandbox, journal), 12)
})

test('making a client opens nothing, and close leaves one file', async (t) => {
  const sandbox = await startSandbox(t)
  const folder = temporary(t)
  const client = new Client({ ...sandbox.settings, journal: join(folder, 'posa.db') })
  assert.deepEqual(files(folder), [])
  const own = client.activate(sale(usdCard(sandbox)), { deadline: 20_000 })
  await Promise.all([own, client.activate(sale(usdCard(sandbox, 1))), client.close()])
  assert.deepEqual(files(folder), ['posa.db'])
  assert.equal(await closeTheBooks(sandbox, join(folder, 'posa.db')), 2)
})

test('a backup while sales go on is one whole file', async (t) => {
  const sandbox = await startSandbox(t)
  const folder = temporary(t)
  const copies = join(folder, 'copies')
  mkdirSync(copies)
  const client = connect(t, sandbox, { journal: join(folder, 'posa.db') })
  const told = await client.activate(sale(usdCard(sandbox)))
  const selling = cards(sandbox, 1, 12).map((card) => client.activate(sale(card)))
  await client.backup(join(copies, 'copy.db'))
  await Promise.all(selling)
  assert.deepEqual(files(copies), ['copy.db'])
  const again = connect(t, sandbox, { journal: join(copies, 'copy.db') })
  assert.equal((await again.transaction(told)).state, 'activated')
})

test('a backup is refused where it would harm', async (t) => {
  const sandbox = await startSandbox(t)
  const folder = temporary(t)
  const client = connect(t, sandbox, { journal: join(folder, 'posa.db') })
  await client.activate(sale(usdCard(sandbox)))
  writeFileSync(join(folder, 'there'), 'something else')
  for (const name of ['there', 'posa.db', join('missing', 'copy.db')]) {
    await assert.rejects(client.backup(join(folder, name)), { code: 'JOURNAL' }, name)
  }
  await assert.rejects(client.backup(), TypeError)
  await assert.rejects(connect(t, sandbox).backup(join(folder, 'memory')), { code: 'JOURNAL' })
})

test('a locked file holds up neither the constructor nor the event loop', async (t) => {
  if (!hasNewer(t)) return
  const sandbox = await startSandbox(t)
  const journal = join(temporary(t), 'posa.db')
  await closeTheBooks(sandbox, journal)
  const program = `const { DatabaseSync } = require('node:sqlite')
    new DatabaseSync(process.argv[1]).exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    console.log('locked')
    setInterval(() => {}, 1000)`
  const somebody = spawn(newer, ['-e', program, journal], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => somebody.kill('SIGKILL'))
  await once(somebody.stdout, 'data')

  const began = performance.now()
  const client = connect(t, sandbox, { journal, deadline: 1000 })
  assert.ok(performance.now() - began < 500, 'the constructor waited')
  let turns = 0
  const turning = setInterval(() => (turns += 1), 10)
  const refused = await client.activate(sale(usdCard(sandbox))).catch((error) => error)
  clearInterval(turning)
  assert.ok(['JOURNAL', 'OUTCOME_UNKNOWN'].includes(refused.code), refused)
  assert.ok(performance.now() - began < 2500, 'beyond its deadline')
  assert.ok(turns > 20, `the event loop turned ${turns} times`)
  assert.deepEqual(sandbox.movements(), [])
})
