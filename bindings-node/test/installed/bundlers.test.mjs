// Programs that a bundler made, with posa left outside as a native package has to be.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build as esbuild } from 'esbuild'
import { build as vite } from 'vite'
import { temporary } from '../support/package.mjs'

const program = `import { Client } from 'posa'
import { Sandbox } from 'posa/testing'
const sandbox = await Sandbox.start()
const client = new Client({ ...sandbox.settings, journal: 'memory' })
const [{ digits: cardNumber }] = sandbox.cards({ currency: 'USD' })
console.log((await client.activate({ cardNumber, amount: '25.00', currency: 'USD' })).cardStatus)
await client.close()
await sandbox.stop()
`

function source(t) {
  const folder = temporary(t, { beside: true })
  const entry = join(folder, 'program.mjs')
  writeFileSync(entry, program)
  return { folder, entry }
}

function runs(file) {
  const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  assert.equal(stdout, 'Activated\n', stderr)
}

test('esbuild, for import', async (t) => {
  const { folder, entry } = source(t)
  const outfile = join(folder, 'out.mjs')
  await esbuild({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', external: ['posa'] })
  runs(outfile)
})

test('esbuild, for require', async (t) => {
  const { folder, entry } = source(t)
  const outfile = join(folder, 'out.cjs')
  writeFileSync(
    entry,
    `const main = async () => {${program.replace(/import (.*) from (.*)/g, 'const $1 = require($2)')}}\nmain()`,
  )
  await esbuild({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', external: ['posa'] })
  runs(outfile)
})

test('Vite, for server-side rendering', async (t) => {
  const { folder, entry } = source(t)
  const outDir = join(folder, 'out')
  await vite({ root: folder, configFile: false, logLevel: 'silent', build: { ssr: entry, outDir, emptyOutDir: true } })
  const [file] = readdirSync(outDir)
  runs(join(outDir, file))
})
