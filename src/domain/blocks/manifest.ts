import { type Static, Type } from '@sinclair/typebox'
import { Text } from '../../../schemas/proto.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { isObject, type ReadonlyDeep } from '../../base/objects.ts'

/** Apps work on chunks; engines cut the input into them, and put the results together. */
export type BlockKind = 'app' | 'engine'

/** A manifest but for name and version, as a row keeps it. */
const ManifestDetails = Type.Object({
  type: Text({ description: 'Of an engine: `partitioner`, `assembler` or empty' }),
  description: Text(),
  entrypoint: Text({ description: 'File inside `app/`' }),
  platformConfig: Type.Object({
    container: Text(),
    privateImage: Type.Boolean(),
    username: Text(),
    token: Text(),
    secrets: Type.Array(Text()),
  }),
  deviceRequirements: Type.Object({
    minCpu: Type.Integer({ minimum: 0 }),
    minMemory: Type.Integer({ minimum: 0 }),
    gpu: Type.Array(Text()),
  }),
})

/** The document of a block's row. */
export const StoredBlock = Type.Composite([
  ManifestDetails,
  Type.Object({
    hash: Text({ description: 'SHA-256 of what was pushed, in base64' }),
    mayRun: Type.Optional(
      Type.Literal(true, {
        description: 'Absent: it was pushed with a public key, or imported, and is never run',
      }),
    ),
  }),
])
export type StoredBlock = ReadonlyDeep<Static<typeof StoredBlock>>

/** The content of a block's `manifest.json`. */
export interface Manifest extends ReadonlyDeep<Static<typeof ManifestDetails>> {
  readonly name: string
  readonly major: number
  readonly minor: number
}

const fault = (field: string, value: unknown, expected: string) =>
  invalidArgument(`manifest.json: ${field} ${show(value)}: expected ${expected}`, 'block-form')

/** A member by its name, in whatever case it is written, as Go's `encoding/json` reads it; with and without underscores. */
function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  const plain = (text: string): string => text.toLowerCase().replaceAll('_', '')
  const found = Object.entries(object).filter(([key]) => plain(key) === plain(name))
  return (found.find(([key]) => key === name) ?? found.at(-1))?.[1]
}

function textOf(object: Readonly<Record<string, unknown>>, name: string, path = name): string {
  const value = member(object, name) ?? ''
  if (typeof value !== 'string') throw fault(path, value, 'a text')
  return value
}

function wholeOf(object: Readonly<Record<string, unknown>>, name: string, path: string): number {
  const value = member(object, name) ?? 0
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0x7fff_ffff) {
    throw fault(path, value, 'a whole number that is not negative')
  }
  return value as number
}

function textsOf(object: Readonly<Record<string, unknown>>, name: string, path: string): readonly string[] {
  const value = member(object, name) ?? []
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw fault(path, value, 'a list of texts')
  return value as string[]
}

function objectOf(object: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = member(object, name) ?? {}
  if (!isObject(value)) throw fault(name, value, 'an object')
  return value
}

/**
 * Reads a manifest. Names of members may be written in any case, in snake_case or camelCase; others are passed over.
 *
 * Source: the vendor's pages and manifests in public repositories; which values are refused, and the texts, are chosen.
 *
 * @throws ApiError 400, code 3, naming the member, its value and what was expected
 */
export function readManifest(text: string): Manifest {
  let manifest: unknown
  try {
    manifest = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw invalidArgument(`manifest.json is not JSON: ${(error as Error).message.slice(0, 200)}`, 'block-form')
  }
  if (!isObject(manifest)) throw invalidArgument('manifest.json: expected an object', 'block-form')
  const name = textOf(manifest, 'name')
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw fault('name', name, '1 to 64 letters, digits, "-" and "_"')
  const version = textOf(manifest, 'version')
  const [, major, minor] = /^(\d{1,9})\.(\d{1,9})$/.exec(version) ?? []
  if (major === undefined || minor === undefined) throw fault('version', version, 'major.minor, such as "1.0"')
  const platform = textOf(manifest, 'platform')
  if (platform !== '' && platform !== 'docker') throw fault('platform', platform, '"docker"')
  const config = objectOf(manifest, 'platform_config')
  const device = objectOf(manifest, 'device_requirements')
  const privateImage = member(config, 'private_image') ?? false
  if (typeof privateImage !== 'boolean') throw fault('platform_config.private_image', privateImage, 'true or false')
  return {
    name,
    major: Number(major),
    minor: Number(minor),
    type: textOf(manifest, 'type'),
    description: textOf(manifest, 'description'),
    entrypoint: textOf(manifest, 'entrypoint') || 'main.py',
    platformConfig: {
      container: textOf(config, 'container', 'platform_config.container'),
      privateImage,
      username: textOf(config, 'username', 'platform_config.username'),
      token: textOf(config, 'token', 'platform_config.token'),
      secrets: textsOf(config, 'secrets', 'platform_config.secrets'),
    },
    deviceRequirements: {
      minCpu: wholeOf(device, 'min_cpu', 'device_requirements.min_cpu'),
      minMemory: wholeOf(device, 'min_memory', 'device_requirements.min_memory'),
      gpu: textsOf(device, 'gpu', 'device_requirements.gpu'),
    },
  }
}
