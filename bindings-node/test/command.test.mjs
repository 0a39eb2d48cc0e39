// The command `posa` as the package's bin.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder } from './support/package.mjs'

const command = join(folder, 'dist', 'bin.js')

test('posa demo ends in a balance that agrees', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'demo'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /balance/i)
})

test('exit codes are the command’s own', () => {
  const run = (...given) => spawnSync(process.execPath, [command, ...given], { encoding: 'utf8' })
  assert.equal(run('--version').status, 0)
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
