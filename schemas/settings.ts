import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message, Nullable } from './proto.ts'

/** Where the value of a setting comes from. */
export const settingOrigins = ['default', 'environment', 'command line', 'option'] as const
export type SettingOrigin = (typeof settingOrigins)[number]

/** A setting as it is in force. */
export const SettingInForce = Message('SettingInForce', {
  name: Type.String({ description: 'Name as an option of `startEmulator()`' }),
  flag: Type.String({ description: 'Name on the command line' }),
  variable: Type.String({ description: 'Name of the environment variable' }),
  value: Nullable(
    Type.String({ description: 'Value as in the environment variable, with masked keys; null if there is none' }),
  ),
  origin: Enum(settingOrigins, { description: 'Source of the value; `option` is an option of `startEmulator()`' }),
  default: Type.String({ description: 'The default, in words' }),
  meaning: Type.String({ description: 'What it does' }),
})
export type SettingInForce = Static<typeof SettingInForce>

/** `GET /_emulator/settings`. */
export const SettingsResponse = Message('SettingsResponse', {
  settings: Type.Array(SettingInForce, { description: 'In the order of the documentation' }),
})
export type SettingsResponse = Static<typeof SettingsResponse>
