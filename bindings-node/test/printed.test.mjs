// Nothing that the package hands out shows a secret or a whole card number when it is printed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { esm, startSandbox } from './support/package.mjs'
import { classes, password, things } from './support/things.mjs'

/** All ways in which a log comes to print it. What a sandbox holds is data as JSON: its numbers are good for nothing else. */
function prints(value, name) {
  const everything = { depth: Infinity, showHidden: true, maxArrayLength: Infinity, maxStringLength: Infinity }
  const shown = [inspect(value), inspect(value, everything), inspect({ value: [value] }, everything), String(value)]
  if (!name.startsWith('Sandbox'))
    shown.push(inspect(value, { ...everything, customInspect: false }), JSON.stringify(value))
  if (value instanceof Error) shown.push(value.message, value.stack, inspect(value.cause, everything))
  if (name === 'Report') shown.push(value.text, value.csv)
  return shown
}

/** An error of each class, as its own code makes it, for those that no call of the test comes to. */
function ofEachClass() {
  const errors = classes(esm.posa).filter((type) => type.prototype instanceof Error && type !== esm.posa.PosaError)
  return errors.map((type) => [
    type.name,
    [new type('why', { delivery: 'unknown', card: '...7585', requestId: 'Awssb1' })],
  ])
}

test('nothing that is printed shows a secret or a whole card number', async (t) => {
  const sandbox = await startSandbox(t)
  const secrets = [sandbox.settings.credentials.secretAccessKey, password, 'Signature=']
  const digits = sandbox
    .cards()
    .flatMap(({ cardNumber }) => [cardNumber.slice(0, 12), cardNumber.replace(/(.{4})/g, '$1 ').slice(0, 14)])
  const made = await things(t, sandbox)
  for (const [name, values] of [...Object.entries(made), ...ofEachClass()]) {
    assert.ok(values.length > 0, name)
    for (const value of values) {
      for (const shown of prints(value, name)) {
        const found = [...secrets, ...digits].find((hidden) => shown?.includes(hidden))
        assert.equal(found, undefined, `${name}: ${shown}`)
      }
    }
  }
})

test('every class that is exported is among what is printed', async (t) => {
  const made = await things(t, await startSandbox(t))
  const printed = new Set([...Object.keys(made), ...ofEachClass().map(([name]) => name)])
  const exported = [...classes(esm.posa), ...classes(esm.testing)].filter((type) => type !== esm.posa.PosaError)
  assert.deepEqual(
    exported.map(({ name }) => name).filter((name) => !printed.has(name)),
    [],
  )
  // And each of the errors that a mistake of the caller's comes to.
  for (const name of [
    'InvalidInputError',
    'ConfigurationError',
    'AuthenticationError',
    'AbortError',
    'NothingChangedError',
  ]) {
    assert.ok(made[name]?.length > 0, name)
  }
})
