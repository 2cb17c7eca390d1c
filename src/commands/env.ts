import { ConfigError } from '../settings/settings.ts'
import { defaultKeyOf } from '../domain/accounts/keys.ts'
import { reach, print } from './reach.ts'
import type { Invocation } from './subcommand.ts'

interface Shell {
  readonly set: (name: string, value: string) => string
  readonly unset: (name: string) => string
}

const shells: Readonly<Record<string, Shell>> = {
  sh: {
    set: (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
    unset: (name) => `unset ${name}`,
  },
  fish: {
    set: (name, value) => `set -gx ${name} '${value.replace(/['\\]/g, '\\$&')}'`,
    unset: (name) => `set -e ${name}`,
  },
  powershell: {
    set: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
}

/** Prints what a shell evaluates so that clients started from it talk to the emulator. Asks nobody whether it runs. */
export async function env(invocation: Invocation): Promise<void> {
  const { shell: name = 'sh', unset } = invocation.options
  const shell = Object.hasOwn(shells, String(name)) ? shells[String(name)] : undefined
  if (shell === undefined) {
    throw new ConfigError(`--shell ${JSON.stringify(name)}: expected ${Object.keys(shells).join(', ')}`)
  }
  const { url, name: world } = reach(invocation)
  for (const [variable, value] of [
    ['BYTENITE_API_URL', url],
    ['BYTENITE_BASE_URL', url],
    ['BYTENITE_API_KEY', defaultKeyOf(world)],
  ] as const) {
    print(unset === true ? shell.unset(variable) : shell.set(variable, value))
  }
}
