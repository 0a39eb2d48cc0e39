// The package under test: found as every program finds it, in place or where it is installed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as posa from 'posa'
import * as testing from 'posa/testing'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

export const esm = { posa, testing }
export const cjs = { posa: require('posa'), testing: require('posa/testing') }
export const { Client } = posa
export const { Sandbox } = testing

/** The folder of the package. */
export const folder = dirname(require.resolve('posa/package.json'))

/** The repository, for what all languages share. */
export const repository = process.env.POSA_REPOSITORY ?? join(here, '..', '..', '..')

export const shared = join(repository, 'tests')

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

/** A folder that goes with the test; `beside` this file, a program in it finds the package. */
export function temporary(t, { beside = false } = {}) {
  const made = mkdtempSync(join(beside ? here : tmpdir(), 'posa-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** Everything that an asynchronous iterable gives. */
export async function all(iterable) {
  const items = []
  for await (const item of iterable) items.push(item)
  return items
}

export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
