// The package asks for the native module of every platform, and npm took this one's.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder } from '../support/package.mjs'

const { version, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

test('each platform is an optional dependency, of the same version', () => {
  const platforms = [
    'posa-darwin-arm64',
    'posa-darwin-x64',
    'posa-linux-arm-gnueabihf',
    'posa-linux-arm64-gnu',
    'posa-linux-arm64-musl',
    'posa-linux-x64-gnu',
    'posa-linux-x64-musl',
    'posa-win32-arm64-msvc',
    'posa-win32-x64-msvc',
  ]
  assert.deepEqual(optionalDependencies, Object.fromEntries(platforms.map((name) => [name, version])))
})

test('the native module comes from a package of its own', () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => file.endsWith('.node'))
  assert.equal(loaded.length, 1)
  assert.match(loaded[0], /node_modules[\\/]posa-[a-z0-9-]+[\\/]posa\.[a-z0-9-]+\.node$/)
})
