// A package registry on loopback that has posa and its platform packages as `pack.mjs` made them, and nothing else.
// usage: registry.mjs FOLDER COMMAND ARGUMENT...
// Runs the command with npm pointed to it, and ends with the command's exit code.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const [stage, command, ...given] = process.argv.slice(2)
const folders = [stage, ...readdirSync(join(stage, 'npm')).map((name) => join(stage, 'npm', name))]
const manifests = folders.map((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
const packages = new Map(manifests.map((manifest) => [manifest.name, manifest]))

function document(manifest, address) {
  const { name, version } = manifest
  const file = `${name}-${version}.tgz`
  // A platform that was not built here is listed all the same: npm must pass it over by itself.
  const bytes = existsSync(join(stage, file)) ? readFileSync(join(stage, file)) : Buffer.alloc(0)
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
  const versions = { [version]: { ...manifest, dist: { tarball: `${address}/-/${file}`, integrity } } }
  return { name, 'dist-tags': { latest: version }, versions }
}

const server = createServer(({ url }, response) => {
  const path = decodeURIComponent(url.slice(1))
  const manifest = packages.get(path)
  if (manifest !== undefined) {
    response.end(JSON.stringify(document(manifest, address)))
  } else if (path.startsWith('-/') && existsSync(join(stage, path.slice(2)))) {
    response.end(readFileSync(join(stage, path.slice(2))))
  } else {
    response.writeHead(404).end('{}')
  }
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = `http://127.0.0.1:${server.address().port}`
const env = { ...process.env, npm_config_registry: address, npm_config_cache: join(stage, 'cache') }
const child = spawn(command, given, { stdio: 'inherit', env })
process.exit((await once(child, 'exit'))[0] ?? 1)
