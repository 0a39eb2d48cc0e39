// Makes the packages that the registry gets, in the folder named: the main one, and one for each platform whose native
// module lies beside this file. `napi create-npm-dirs` describes all platforms; the main package asks for each of them.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const here = import.meta.dirname
const stage = resolve(process.argv[2])
rmSync(stage, { recursive: true, force: true })
mkdirSync(stage, { recursive: true })
for (const name of ['dist', 'package.json', 'README.md']) cpSync(join(here, name), join(stage, name), { recursive: true })
cpSync(join(here, '..', 'LICENSE'), join(stage, 'LICENSE'))

const windows = process.platform === 'win32'
const run = (program, ...given) => execFileSync(program, given, { cwd: stage, shell: windows, stdio: 'pipe', encoding: 'utf8' })
run(join(here, 'node_modules', '.bin', 'napi'), 'create-npm-dirs')

const read = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const platforms = readdirSync(join(stage, 'npm')).map((name) => join(stage, 'npm', name))
const { scripts: _, devDependencies: __, napi: ___, ...manifest } = read(stage)
manifest.optionalDependencies = Object.fromEntries(platforms.map(read).map(({ name, version }) => [name, version]))
writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)

const packed = [stage]
for (const folder of platforms) {
  const { name, main } = read(folder)
  if (existsSync(join(here, main))) {
    cpSync(join(here, main), join(folder, main))
    cpSync(join(stage, 'LICENSE'), join(folder, 'LICENSE'))
    packed.push(folder)
  } else {
    console.log(`${name}: not built here`)
  }
}
for (const folder of packed) {
  const [{ filename, size, unpackedSize }] = JSON.parse(run('npm', 'pack', '--json', '--silent', folder))
  console.log(`${filename}: ${Math.ceil(size / 1024)} KiB, ${Math.ceil(unpackedSize / 1024)} KiB unpacked`)
}
