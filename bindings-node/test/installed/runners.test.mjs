// posa/testing in other test runners.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { temporary } from '../support/package.mjs'

const require = createRequire(import.meta.url)

/** Two files, for runners give each of them modules of its own. */
const body = `
test('a lost answer charges once', async () => {
  const sandbox = await Sandbox.start()
  const client = new Client({ ...sandbox.settings, journal: 'memory' })
  sandbox.inject({ fault: 'drop_after_commit' })
  await client.activate({ cardNumber: '1400000005567585358', amount: '25.00', currency: 'USD' })
  expect(sandbox.movements()).toHaveLength(1)
  await expect(client.resolve('AwssbNobody')).rejects.toThrow(ConflictError)
  await client.close()
  await sandbox.stop()
})
`
const imports = `import { Client, ConflictError } from 'posa'\nimport { Sandbox } from 'posa/testing'\n`
const requires = `const { Client, ConflictError } = require('posa')\nconst { Sandbox } = require('posa/testing')\n`

function runner(folder, program, ...given) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ended = spawnSync(process.execPath, [program, ...given], {
    cwd: folder,
    encoding: 'utf8',
    env,
    timeout: 60_000,
  })
  assert.equal(ended.status, 0, ended.stdout + ended.stderr)
  return ended.stdout + ended.stderr
}

test('Vitest', (t) => {
  const folder = temporary(t, { beside: true })
  for (const name of ['one', 'two']) {
    writeFileSync(join(folder, `${name}.test.mjs`), `import { expect, test } from 'vitest'\n${imports}${body}`)
  }
  const program = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs')
  assert.match(runner(folder, program, 'run', '--root', folder), /2 passed/)
})

test('Jest', (t) => {
  const folder = temporary(t, { beside: true })
  writeFileSync(join(folder, 'package.json'), '{}')
  for (const name of ['one', 'two']) writeFileSync(join(folder, `${name}.test.js`), requires + body)
  const program = require.resolve('jest/bin/jest')
  assert.match(runner(folder, program, '--rootDir', folder, '--runInBand', '--watchman=false'), /2 passed/)
})
