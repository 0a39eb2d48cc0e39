// What a machine without the native module is told.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder, temporary } from './support/package.mjs'

/** The package without its native module, and with `more` in its node_modules. */
function bare(t, more = {}) {
  const place = temporary(t)
  cpSync(join(folder, 'dist'), join(place, 'dist'), { recursive: true })
  for (const [name, text] of Object.entries(more)) {
    mkdirSync(join(place, 'node_modules', name), { recursive: true })
    writeFileSync(join(place, 'node_modules', name, 'index.js'), text)
  }
  return place
}

function failure(place, platform, arch) {
  const pretend = `Object.defineProperties(process, { platform: { value: '${platform}' }, arch: { value: '${arch}' } })`
  const program = `${pretend}; try { require('./dist/index.js') } catch ({ code, message, cause }) {
    console.log(JSON.stringify({ code, message, cause: cause && String(cause) })) }`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { cwd: place, encoding: 'utf8' })
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

const machines = [
  ['linux', 'x64', /package posa-linux-x64-gnu or posa-linux-x64-musl is missing/],
  ['linux', 'arm64', /package posa-linux-arm64-gnu or posa-linux-arm64-musl is missing/],
  ['linux', 'arm', /package posa-linux-arm-gnueabihf is missing/],
  ['darwin', 'arm64', /package posa-darwin-arm64 is missing/],
  ['win32', 'x64', /package posa-win32-x64-msvc is missing/],
]

test('a missing platform package is named, with the remedy', (t) => {
  const place = bare(t)
  for (const [platform, arch, names] of machines) {
    const { code, message, cause } = failure(place, platform, arch)
    assert.equal(code, 'POSA_NATIVE_MODULE_MISSING')
    assert.match(message, names)
    assert.match(message, /install again with optional dependencies on/)
    assert.equal(cause, undefined)
  }
})

test('one that is there and cannot be loaded is the cause', (t) => {
  const place = bare(t, { 'posa-linux-x64-gnu': "throw new Error('GLIBC_2.99 not found')" })
  assert.match(failure(place, 'linux', 'x64').cause, /GLIBC_2.99/)
})
