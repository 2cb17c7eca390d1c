import type { SettingInForce, SettingOrigin } from '../../schemas/settings.ts'
import { formatPace, type Pace } from '../domain/jobs/pace.ts'
import type { CheckedOptions, EmulatorOptions } from './options.ts'
import {
  defaultTextOf,
  environmentNameOf,
  flagOf,
  type Flags,
  linkedPort,
  serviceSettings,
  type SettingName,
  settingNames,
  type Settings,
  settings as table,
} from './settings.ts'

/**
 * Settings of the command line, with where each comes from.
 *
 * @param all those that are in force, whatever was given
 */
export const settingsInForce = (
  all: Settings,
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
): SettingInForce[] =>
  settingNames.map((name) => {
    const variable = environment[environmentNameOf(name)]
    const given = variable && !(name === 'port' && linkedPort.test(variable)) ? 'environment' : 'default'
    return inForce(name, all[name], flags[name] === undefined ? given : 'command line')
  })

/** Options of `startEmulator()`, as settings. */
export function optionsInForce(options: EmulatorOptions, checked: CheckedOptions): SettingInForce[] {
  const { port, host, data, apiKeys, logger } = checked
  const origin = (name: keyof EmulatorOptions): SettingOrigin => (options[name] === undefined ? 'default' : 'option')
  const service = serviceSettings(checked)
  return [
    inForce('port', port ?? undefined, origin('port')),
    inForce('host', host, origin('host')),
    inForce('data', data ?? undefined, origin('data')),
    inForce('inMemory', data === null, origin('data')),
    inForce('seed', seedText(options.seed), origin('seed')),
    ...(Object.keys(service) as (keyof typeof service)[]).map((name) => inForce(name, service[name], origin(name))),
    inForce('apiKey', apiKeys, origin('apiKeys')),
    inForce('logLevel', logger === false ? 'silent' : logger.level, origin('logger')),
  ]
}

/** Files by their paths; other values only as given. */
const seedText = (seed: unknown): unknown =>
  seed === undefined || typeof [seed].flat()[0] === 'string' ? seed : 'given in the words of the API'

const inForce = (name: SettingName, value: unknown, origin: SettingOrigin): SettingInForce => ({
  name,
  flag: flagOf(name),
  variable: environmentNameOf(name),
  value: textOf(name, value),
  origin,
  default: defaultTextOf(name),
  meaning: table[name].help,
})

/** The value as the environment would spell it, without keys. */
function textOf(name: SettingName, value: unknown): string | null {
  if (value instanceof Map) return [...value.values()].map((world) => `***=${String(world)}`).join()
  if (Array.isArray(value)) return value.join()
  if (name === 'pace') return formatPace(value as Pace)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}
