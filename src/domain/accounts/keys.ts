import { isWorldName, defaultWorld } from '../../base/world-names.ts'
import { createHash } from 'node:crypto'
import { show, unauthenticated } from '../../base/errors.ts'
import { uuidFromName } from '../../base/ids.ts'
import { isPersona, type Persona, personas, rulesOf } from './personas.ts'

/** The world and persona that an API key opens. */
export interface KeyHolder {
  readonly world: string
  readonly persona: Persona
  /** Id of the key, as the list of keys shows it. */
  readonly keyId: string
}

/** The valid API keys besides `test_<world>`. */
export interface KeyRing {
  /** Keys by their text, with the world each opens. */
  readonly configured: ReadonlyMap<string, string>
  /** Any other key will do, too, and opens the world `default`. */
  readonly open: boolean
}

const prefix = 'test_'

/** The key that always opens a world. */
export const defaultKeyOf = (world: string): string => `${prefix}${world}`

/** Its key. */
export const defaultKey = defaultKeyOf(defaultWorld)

/**
 * Finds what a key opens: `test_<world>`, a configured key, either with `:<persona>` after it. An open ring takes any other
 * text as well (chosen), so that a program with a key of the service runs as it is.
 *
 * @param key the text a client presents
 * @throws ApiError 401 that says what a valid key looks like; the key itself is not repeated
 */
export function readKey(key: string, ring: KeyRing): KeyHolder {
  const whole = worldOf(key, ring)
  if (whole !== undefined) return { world: whole, persona: 'owner', keyId: idOf(keyText(key, 'owner')) }
  const colon = key.lastIndexOf(':')
  const world = colon === -1 ? undefined : worldOf(key.slice(0, colon), ring)
  if (world === undefined) {
    if (isForeign(key, ring)) return { world: defaultWorld, persona: 'owner', keyId: idOf(key) }
    throw unauthenticated(
      'invalid API key: the emulator takes test_<world>, as in test_default, and the keys given by --api-key',
      'wrong-api-key',
    )
  }
  const persona = key.slice(colon + 1)
  if (!isPersona(persona)) {
    throw unauthenticated(
      `invalid API key: unknown persona ${show(persona)}; known are ${Object.keys(personas).join(', ')}`,
      'wrong-api-key',
    )
  }
  return { world, persona, keyId: idOf(keyText(key.slice(0, colon), rulesOf(persona).account)) }
}

/** Who the API key in the body of a token request belongs to; undefined if there is none that is good. */
export function holderOfKeyIn(body: unknown, ring: KeyRing): KeyHolder | undefined {
  const { apiKey, api_key } = (body ?? {}) as { apiKey?: unknown; api_key?: unknown }
  const key = apiKey ?? api_key
  if (typeof key !== 'string') return undefined
  try {
    return readKey(key.trim(), ring)
  } catch {
    return undefined
  }
}

/** A key that opens a world, as its holder may see it. */
export interface IssuedKey {
  readonly id: string
  readonly name: string
  /** SHA-256 of the key, hexadecimal. */
  readonly fingerprint: string
}

/**
 * The keys by which an account of a world calls: `test_<world>`, then the configured ones. Personas of the same account are no
 * keys of their own (chosen).
 */
export function issuedKeys(world: string, account: string, ring: KeyRing): IssuedKey[] {
  const keys = new Set([`${prefix}${world}`, ...ring.configured.keys()])
  return [...keys]
    .filter((key) => worldOf(key, ring) === world)
    .map((key, index) => {
      const text = keyText(key, account)
      return {
        id: idOf(text),
        name: ring.configured.has(key) ? `configured key ${index}` : `test key of ${world}`,
        fingerprint: createHash('sha256').update(text).digest('hex'),
      }
    })
}

/** The key that stands for all personas of an account. */
const keyText = (key: string, account: string): string => (account === 'owner' ? key : `${key}:${account}`)

const idOf = (text: string): string => uuidFromName(`key ${text}`)

/** Ids of the keys that cannot be guessed: the configured ones that do not look like `test_<world>`. */
export function privateKeyIds({ configured }: KeyRing): ReadonlySet<string> {
  const accounts = new Set(Object.keys(personas).map((persona) => rulesOf(persona as Persona).account))
  return new Set(
    [...configured.keys()]
      .filter((key) => !key.startsWith(prefix))
      .flatMap((key) => [...accounts].map((account) => idOf(keyText(key, account)))),
  )
}

/** Tells if the text is an API key rather than a token. */
export const looksLikeKey = (text: string, ring: KeyRing): boolean =>
  text.startsWith(prefix) ||
  ring.configured.has(text) ||
  ring.configured.has(text.slice(0, Math.max(0, text.lastIndexOf(':')))) ||
  isForeign(text, ring)

/** Tells if the text can only be a key of another issuer, and the ring accepts those. A token has three parts. */
const isForeign = (text: string, { open }: KeyRing): boolean =>
  open && text !== '' && !text.startsWith(prefix) && text.split('.').length !== 3

function worldOf(key: string, { configured }: KeyRing): string | undefined {
  const world = configured.get(key)
  if (world !== undefined) return world
  const name = key.startsWith(prefix) ? key.slice(prefix.length) : ''
  return isWorldName(name) ? name : undefined
}
