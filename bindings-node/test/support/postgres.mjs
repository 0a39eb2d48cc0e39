// A PostgreSQL server of the test's own, on loopback, from the programs of this machine.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

/** The folder of the server's own programs: that of the PATH, or Debian's newest. */
function programs() {
  const folders = process.env.PATH.split(delimiter).filter((folder) => existsSync(join(folder, 'initdb')))
  if (folders.length > 0) return folders[0]
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => b - a) : []
  return versions.map((version) => join(debian, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')))
}

/** The URL of an empty database, which ends with the test; nothing where PostgreSQL is not installed. */
export async function startPostgres(t) {
  const folder = programs()
  if (folder === undefined) {
    assert.notEqual(process.env.CI, 'true', 'PostgreSQL is not installed; tests/postgres/ensure.sh installs it')
    t.skip('!!! NOT TESTED: the PostgreSQL journal: PostgreSQL is not installed')
    return undefined
  }
  const place = mkdtempSync(join(tmpdir(), 'posa-postgres-'))
  const user = process.getuid() === 0 ? postgresUser() : {}
  if (user.uid !== undefined) chownSync(place, user.uid, user.gid)
  const data = join(place, 'data')
  const run = (program, ...given) => {
    const { status } = spawnSync(join(folder, program), ['-D', data, ...given], { ...user, cwd: '/', stdio: 'ignore' })
    assert.equal(status, 0, program)
  }
  t.after(() => {
    if (existsSync(join(data, 'postmaster.pid'))) run('pg_ctl', 'stop', '-w', '-m', 'immediate')
    rmSync(place, { recursive: true, force: true })
  })
  run('initdb', '--username=posa', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync')
  const port = await freePort()
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${place}`
  run('pg_ctl', 'start', '-w', '-o', options, '-l', join(place, 'log'))
  return `postgres://posa@127.0.0.1:${port}/postgres`
}

/** The server refuses root. */
function postgresUser() {
  const id = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}
