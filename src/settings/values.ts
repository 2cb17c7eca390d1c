import { isIP } from 'node:net'

/** A setting that cannot be used: says which, its value, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Throws what a setting should have been; its name and value are added by the caller. */
export const expected = (description: string): never => {
  throw new ConfigError(`expected ${description}`)
}

export const choice = <const Choice extends string>(choices: readonly Choice[]) => ({
  parse: (text: string): Choice => choices.find((known) => known === text) ?? expected(choices.join(' or ')),
  read: (value: unknown): Choice =>
    choices.find((known) => known === value) ?? expected(choices.map((known) => `'${known}'`).join(' or ')),
})

export const toggle = {
  parse(text: string): boolean {
    if (/^(true|1|yes|on)$/i.test(text)) return true
    if (/^(false|0|no|off|)$/i.test(text)) return false
    return expected('true or false')
  },
  read: (value: unknown): boolean => (typeof value === 'boolean' ? value : expected('true or false')),
}

export const text = { parse: (text: string): string => (text.trim() === '' ? expected('some text') : text) }

export const path = (value: unknown): string =>
  typeof value === 'string' && value.trim() !== '' ? value : expected('the path of a folder')

/** The maximum number of blocks that run at once. */
export const parallel = (value: unknown): number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 256
    ? (value as number)
    : expected('a number from 1 to 256')

/** An IP address to listen on, or a host name that stands for one. */
export const address = (value: unknown): string =>
  typeof value === 'string' && (isIP(value) !== 0 || (/^[^\s:/?#@\\]+$/.test(value) && URL.canParse(`http://${value}`)))
    ? value
    : expected('an address such as 127.0.0.1')

/** A host name, or the ending of some. */
export const hostName = (value: unknown): string =>
  typeof value === 'string' && /^\.?[\w-]+(?:\.[\w-]+)*$/.test(value)
    ? value.toLowerCase()
    : expected('a host name such as emulator.ci.example, or .ci.example for all below it')

/** An address without a path, or with one that all links share. */
export const baseUrl = (value: unknown): string =>
  typeof value === 'string' && URL.canParse(value) && /^https?:\/\/[^?#]+$/.test(value) && !value.includes('@')
    ? value.replace(/\/+$/, '')
    : expected('a URL such as http://emulator.ci.example:2983')

/** An origin as browsers write it. */
export const originOf = (value: unknown): string =>
  typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value.replace(/\/$/, '')
    ? new URL(value).origin
    : expected('scheme, host and port of a page, such as http://localhost:5173')
