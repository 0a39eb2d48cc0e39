// The package under test: built in place, or installed where POSA_TEST_PACKAGE says.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const installed = process.env.POSA_TEST_PACKAGE

/** Resolves `posa` as a file of that folder would. */
export const resolveFrom = installed ? join(installed, 'index.js') : join(here, 'index.js')
export const require = createRequire(resolveFrom)
/** The folder of the package. */
export const folder = dirname(require.resolve('posa/package.json'))

/** As a module that imports it gets it: by the `import` condition of its exports. */
async function imported(name) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return import(pathToFileURL(join(folder, manifest.exports[name].import.default)).href)
}

export const esm = { posa: await imported('.'), testing: await imported('./testing') }
export const cjs = { posa: require('posa'), testing: require('posa/testing') }
export const { Client } = esm.posa
export const { Sandbox } = esm.testing

/** The folder of the repository's language-neutral tests. */
export const shared = join(here, '..', '..', '..', 'tests')

export const readJson = (...path) => JSON.parse(readFileSync(join(shared, ...path), 'utf8'))

/** A sandbox that ends with the test, without a limit of requests. */
export async function startSandbox(t, options = {}) {
  const sandbox = await Sandbox.start({ throttle: null, ...options })
  t.after(() => sandbox.stop())
  return sandbox
}

/** A client of that sandbox that ends with the test and hardly pauses. */
export function connect(t, sandbox, options = {}) {
  const quick = { retryBase: 1, retryCap: 10, rateLimit: null, journal: 'memory' }
  const client = new Client({ ...sandbox.settings, ...quick, ...options })
  t.after(() => client.close())
  return client
}

/** The number with its checksum of the `index`-th USD card of variable amount. */
export function usdCard(sandbox, index = 0) {
  return sandbox.cards({ currency: 'USD', denomination: null })[index].digits
}

/** A folder that goes with the test. */
export function temporary(t) {
  const folder = mkdtempSync(join(tmpdir(), 'posa-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Everything that an asynchronous iterable gives. */
export async function all(iterable) {
  const items = []
  for await (const item of iterable) items.push(item)
  return items
}

export const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
