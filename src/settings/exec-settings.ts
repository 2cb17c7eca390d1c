import type { SettingName } from './settings.ts'

/** The settings of an emulator that lives in memory, on a free port, for as long as one program runs. */
export const execSettings = [
  'seed',
  'templates',
  'strict',
  'pace',
  'unset',
  'era',
  'apiKey',
  'keys',
  'logLevel',
  'logFormat',
  'silent',
] as const satisfies readonly SettingName[]
