import { ConfigError } from '../settings/settings.ts'
import { defaultKeyOf } from '../domain/accounts/keys.ts'
import { reach, print } from './reach.ts'
import type { Invocation } from './subcommand.ts'

interface Shell {
  readonly set: (name: string, value: string) => string
  readonly unset: (name: string) => string
}

const sh: Shell = {
  set: (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  unset: (name) => `unset ${name}`,
}

const shells: Readonly<Record<string, Shell>> = {
  sh,
  bash: sh,
  zsh: sh,
  fish: {
    set: (name, value) => `set -gx ${name} '${value.replace(/['\\]/g, '\\$&')}'`,
    unset: (name) => `set -e ${name}`,
  },
  powershell: {
    set: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
}

/** Prints variables that direct clients to the emulator. Does not check that it runs. */
export async function env(invocation: Invocation): Promise<void> {
  const { shell: name = 'sh', format, unset } = invocation.options
  if (format !== undefined) return printFile(invocation, String(format))
  const shell = Object.hasOwn(shells, String(name)) ? shells[String(name)] : undefined
  if (shell === undefined) {
    throw new ConfigError(`--shell ${JSON.stringify(name)}: expected ${Object.keys(shells).join(', ')}`)
  }
  for (const [variable, value] of variablesOf(invocation)) {
    print(unset === true ? shell.unset(variable) : shell.set(variable, value))
  }
}

/** Prints lines for a file: `.env`, or the one that `$GITHUB_ENV` names. */
function printFile(invocation: Invocation, format: string): void {
  const { shell, unset } = invocation.options
  if (format !== 'dotenv' && format !== 'github') {
    throw new ConfigError(`--format ${JSON.stringify(format)}: expected dotenv or github`)
  }
  if (shell !== undefined || unset !== undefined) {
    throw new ConfigError(`--format ${format} goes neither with --shell nor with --unset`)
  }
  // Only the first has quotes, and takes them away.
  for (const [variable, value] of variablesOf(invocation)) {
    print(`${variable}=${format === 'dotenv' ? JSON.stringify(value) : value}`)
  }
}

function variablesOf(invocation: Invocation): readonly (readonly [string, string])[] {
  const { url, name } = reach(invocation)
  return [
    ['BYTENITE_API_URL', url],
    ['BYTENITE_BASE_URL', url],
    ['BYTENITE_API_KEY', defaultKeyOf(name)],
  ]
}
