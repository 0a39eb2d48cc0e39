import { join } from 'node:path'
import type * as Native from './generated.js'

/** The native modules that may fit this machine; on Linux the C library decides. */
function targets(): string[] {
  const { platform, arch } = process
  if (platform === 'linux') {
    return arch === 'arm' ? ['linux-arm-gnueabihf'] : [`linux-${arch}-gnu`, `linux-${arch}-musl`]
  }
  return [platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`]
}

function load(): typeof Native {
  const failures: unknown[] = []
  for (const target of targets()) {
    // Beside the package where it was built from source, else in a package of its own.
    for (const place of [join(__dirname, '..', `posa.${target}.node`), `posa-${target}`]) {
      try {
        return require(place) as typeof Native
      } catch (failure) {
        failures.push(failure)
      }
    }
  }
  const missing = targets().map((target) => `posa-${target}`)
  const error = new Error(
    `posa has no native module here: the package ${missing.join(' or ')} is missing or cannot be loaded. ` +
      'Package managers leave it out when optional dependencies are off, or when node_modules was made on another ' +
      'kind of machine: delete node_modules and install again with optional dependencies on.',
    { cause: failures.find((failure) => (failure as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') },
  )
  throw Object.assign(error, { code: 'POSA_NATIVE_MODULE_MISSING' })
}

export const native = load()
