// What the tests of a journal's file need: a program that sells beside another SQLite, and books to close after it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { all, Client, folder } from './package.mjs'

/** A newer Node than the oldest that posa runs on, with an SQLite of its own; `test.sh` installs it. */
export const newer = join(process.env.POSA_BESIDE ?? '', 'node_modules', '.bin', 'node')

/** Whether there is one; on CI there has to be. */
export function hasNewer(t) {
  if (process.env.POSA_BESIDE !== undefined && existsSync(newer)) return true
  assert.notEqual(process.env.CI, 'true', 'POSA_BESIDE names no folder with a newer Node')
  t.skip('!!! NOT TESTED: a newer Node is not installed; test.sh installs it')
  return false
}

/** Runs `beside.mjs` with a Node and hands over its lines, one at a time; `go` lets it go on. */
export function till(t, node, given) {
  const program = fileURLToPath(new URL('./beside.mjs', import.meta.url))
  const child = spawn(node, [program, JSON.stringify(given)], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    hears: async (word) => assert.equal((await lines.next()).value, word),
    go: () => child.stdin.write('\n'),
    ended: once(child, 'exit'),
  }
}

/** What is left of a journal in this process, which opens it now: the sales that the gateway charged, all of them. */
export async function closeTheBooks(sandbox, journal) {
  const client = new Client({ ...sandbox.settings, journal, rateLimit: null })
  await client.recover()
  const kept = (await all(client.transactions())).filter(({ state }) => state === 'activated')
  await client.close()
  const charged = sandbox.movements().map(({ requestId }) => requestId)
  assert.deepEqual(kept.map(({ requestId }) => requestId).toSorted(), charged.toSorted())
  return charged.length
}

/** The files of a journal's folder. Who holds a journal is told in a folder beside it. */
export function files(place) {
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))
}

/** A second copy of the package, as a tree of dependencies may have it: with a native module, and SQLite, of its own. */
export function secondCopy(place) {
  const modules = join(place, 'node_modules')
  mkdirSync(modules)
  cpSync(folder, join(modules, 'posa'), {
    recursive: true,
    filter: (from) => !['node_modules', 'beside', 'reference', 'src', 'test'].includes(basename(from)),
  })
  const siblings = basename(dirname(folder)) === 'node_modules' ? readdirSync(dirname(folder)) : []
  for (const name of siblings.filter((name) => name.startsWith('posa-'))) {
    cpSync(join(dirname(folder), name), join(modules, name), { recursive: true })
  }
  return join(place, 'program.cjs')
}
