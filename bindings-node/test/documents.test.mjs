// The README's programs and the examples run as they stand.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repository, temporary } from './support/package.mjs'

const here = join(repository, 'bindings-node')
const blocks = readFileSync(join(here, 'README.md'), 'utf8').match(/(?<=^```js\n)[\s\S]*?(?=^```$)/gm)

function run(folder, ...given) {
  // Otherwise a test runner below a test runner says nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ended = spawnSync(process.execPath, given, { cwd: folder, encoding: 'utf8', timeout: 60_000, env })
  assert.equal(ended.status, 0, ended.stdout + ended.stderr)
  assert.equal(ended.stderr, '')
  return ended.stdout
}

test('the README has its programs, and the repository shows the first of them', () => {
  assert.equal(blocks.length, 7)
  assert.ok(readFileSync(join(repository, 'README.md'), 'utf8').includes(blocks[0]))
})

for (const [at, program] of blocks.entries()) {
  test(`program ${at + 1} of the README`, (t) => {
    const folder = temporary(t, { beside: true })
    const file = join(folder, 'program.mjs')
    writeFileSync(file, program)
    if (program.includes("from 'node:test'")) assert.match(run(folder, '--test', file), /^# pass 1$/m)
    else run(folder, file)
  })
}

test('the first program does what the README says', (t) => {
  const folder = temporary(t, { beside: true })
  writeFileSync(join(folder, 'first.mjs'), blocks[0])
  assert.match(run(folder, 'first.mjs'), /^Activated Awssb[0-9A-Z]{30}$/m)
})

test('events become spans', (t) => {
  const folder = temporary(t, { beside: true })
  cpSync(join(here, 'examples', 'opentelemetry.mjs'), join(folder, 'opentelemetry.mjs'))
  const out = run(folder, 'opentelemetry.mjs')
  assert.match(out, /name: 'ActivateGiftCard'/)
  assert.equal(out.match(/name: 'sending'/g).length, 2)
  assert.match(out, /'posa.outcome': 'done'/)
})
