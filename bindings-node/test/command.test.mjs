// The command `posa` as the package's bin.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder } from './support/package.mjs'

const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const command = join(folder, 'dist', 'bin.js')

test('posa demo ends in a balance that agrees', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'demo'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /balance/i)
  assert.match(stdout, /killed in flight/, 'it can start itself once more')
})

test('exit codes are the command’s own', () => {
  const run = (...given) => spawnSync(process.execPath, [command, ...given], { encoding: 'utf8' })
  assert.deepEqual(run('--version').stdout.split(/\s+/).slice(0, 2), ['posa', version])
  assert.equal(run('no-such-command').status, 2)
  assert.match(run('--help').stdout, /Exit codes/)
})

test('Ctrl-C ends the sandbox', { skip: process.platform === 'win32' }, async () => {
  const child = spawn(process.execPath, [command, 'sandbox', '--listen', '127.0.0.1:0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  const [code, signal] = await once(child, 'exit')
  assert.deepEqual([code, signal], [0, null])
})
