/** The machine on which a driver must run. */
export interface Surroundings {
  /** Version of Node.js. */
  readonly node: string
  readonly platform: string
  readonly arch: string
  /** True on a Linux such as Alpine. Asked only if something is wrong. */
  readonly isMusl: () => boolean
}

const compilers = 'which takes python3, make and a C++ compiler'

/** The signs of a binary for another operating system, processor or C library. */
const foreign =
  /invalid ELF|ELF class|mach-o|incompatible architecture|not a valid Win32|cannot open shared object|GLIBC|relocating|symbol not found/i

/**
 * Says why SQLite cannot be used, and what to do about it.
 *
 * @param wanted the package that this Node.js is to use
 * @param problems what came of loading each package
 */
export function noDriver(
  { node, platform, arch, isMusl }: Surroundings,
  wanted: string,
  problems: ReadonlyMap<string, unknown>,
): string {
  const machine = `${platform}-${arch}${isMusl() ? ' with musl' : ''}`
  return `no SQLite driver for Node.js ${node} on ${machine}: ${causeOf(wanted, problems.get(wanted), machine)}`
}

function causeOf(name: string, error: unknown, machine: string): string {
  const { code, message } = error as { code?: unknown; message: string }
  const isOwn = name === 'better-sqlite3-napi'
  if (code === 'MODULE_NOT_FOUND' && message.includes(`'${name}`)) {
    return isOwn
      ? `${name} is not installed: optional dependencies were left out (--omit=optional), or node_modules was made with an older ` +
          'Node.js. Run npm install --include=optional with this one.'
      : `${name} is not installed. Run npm install --save-dev ${name}@12, ${compilers}, or use Node.js 22.14 or later, which needs none of it.`
  }
  if (code === 'MODULE_NOT_FOUND' && message.includes('better_sqlite3.node')) {
    return (
      `${name} has no binary for it. Compile one with npx node-gyp rebuild --release --force_build=1 -C node_modules/${name}, ` +
      `${compilers}, or run the image of the emulator.`
    )
  }
  if (message.includes('bindings file')) {
    return (
      `${name} has no binary, as its install script was not run (--ignore-scripts, or scripts that wait to be approved). ` +
      `Run npm rebuild ${name}, with pnpm first pnpm approve-builds, ${compilers}; or use Node.js 22.14 or later, which needs none of it.`
    )
  }
  if (message.includes('NODE_MODULE_VERSION')) {
    return `${name} was compiled for another version of Node.js. Run npm rebuild ${name}.`
  }
  if (foreign.test(message)) {
    return (
      `${name} has the binary of another platform than ${machine}, so node_modules comes from another machine, or from outside of ` +
      'this container. Delete node_modules and install here.'
    )
  }
  const [first] = message.split('\n')
  const cure = isOwn ? 'npm install --force' : `npm install --save-dev ${name}@12`
  return `${name}: ${first}. Run ${cure}, or use another Node.js, such as 22.14 or later.`
}
