import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message, Nullable } from './proto.ts'

/** Where the value of a setting comes from. */
export const settingOrigins = ['default', 'environment', 'command line', 'option'] as const
export type SettingOrigin = (typeof settingOrigins)[number]

/** A setting as it is in force. */
export const SettingInForce = Message('SettingInForce', {
  name: Type.String({ description: 'As `startEmulator()` calls it' }),
  flag: Type.String({ description: 'As the command line does' }),
  variable: Type.String({ description: 'As the environment does' }),
  value: Nullable(
    Type.String({ description: 'As the environment would spell it, keys masked; null where there is none' }),
  ),
  origin: Enum(settingOrigins, { description: '`option`: of `startEmulator()`' }),
  default: Type.String({ description: 'In words' }),
  meaning: Type.String(),
})
export type SettingInForce = Static<typeof SettingInForce>

/** `GET /_emulator/settings`. */
export const SettingsResponse = Message('SettingsResponse', { settings: Type.Array(SettingInForce) })
export type SettingsResponse = Static<typeof SettingsResponse>
