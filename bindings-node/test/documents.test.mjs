// The programs on the pages and the examples run as they stand.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repository, temporary } from './support/package.mjs'

const here = join(repository, 'bindings-node')
const docs = readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md'))
const pages = ['bindings-node/README.md', 'README.md', ...docs.map((name) => `docs/${name}`)]
const programs = pages.flatMap((page) =>
  [...readFileSync(join(repository, page), 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, program], at) => ({
    name: `program ${at + 1} of ${page}`,
    program,
  })),
)

function run(folder, ...given) {
  // Otherwise a test runner below a test runner says nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const ended = spawnSync(process.execPath, given, { cwd: folder, encoding: 'utf8', timeout: 60_000, env })
  assert.equal(ended.status, 0, ended.stdout + ended.stderr)
  assert.equal(ended.stderr, '')
  return ended.stdout
}

test('the programs are found', () => assert.ok(programs.length >= 8))

for (const { name, program } of programs) {
  test(name, (t) => {
    const folder = temporary(t, { beside: true })
    const file = join(folder, 'program.mjs')
    writeFileSync(file, program)
    if (program.includes("from 'node:test'")) assert.match(run(folder, '--test', file), /^# pass 1$/m)
    else run(folder, file)
  })
}

test('events become spans', (t) => {
  const folder = temporary(t, { beside: true })
  cpSync(join(here, 'examples', 'opentelemetry.mjs'), join(folder, 'opentelemetry.mjs'))
  const out = run(folder, 'opentelemetry.mjs')
  assert.match(out, /name: 'ActivateGiftCard'/)
  assert.equal(out.match(/name: 'sending'/g).length, 2)
  assert.match(out, /'posa.outcome': 'done'/)
})
