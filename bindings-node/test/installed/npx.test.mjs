// The command, as npm puts it into a project.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('npx posa demo', () => {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'posa', 'demo'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /balance/i)
})
