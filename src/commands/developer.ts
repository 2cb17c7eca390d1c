import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { defaultKeyOf } from '../domain/accounts/keys.ts'
import { directAgent, isLoopback } from '../base/address.ts'
import { ConfigError } from '../settings/settings.ts'
import { parseJson } from '../wire/json.ts'
import { notRead, notWritten } from './files.ts'
import { show } from './looking.ts'
import { print, reach, sentenceOf } from './reach.ts'
import { type Invocation, readAction } from './subcommand.ts'

type Kind = 'app' | 'engine'

/** A block as answers show it, as far as it is shown here. */
interface Shown {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly status: string
  readonly updatedAt?: string
}

/** Bytes and files of a block at most, as the emulator takes them. */
const most = { bytes: 64 * 1024 ** 2, files: 1000 } as const

/** Pushes, lists and activates apps. */
export const app = (invocation: Invocation): Promise<void> => block('app', invocation)

/** Pushes engines, lists them, lets jobs use them. */
export const engine = (invocation: Invocation): Promise<void> => block('engine', invocation)

async function block(kind: Kind, invocation: Invocation): Promise<void> {
  const action = readAction(kind, invocation.args, {
    push: 1,
    list: 0,
    get: 1,
    status: 1,
    activate: 1,
    deactivate: 1,
    pull: 2,
  })
  const [, what = '', file] = invocation.args
  const ask = developerApi(invocation)
  const path = `/v1/dev/${kind}s`
  const one = (): string => `${path}/${encodeURIComponent(named(kind, action, what))}`
  switch (action) {
    case 'push': {
      const data = (await packed(named(kind, action, what))).toString('base64')
      const pushed = (await ask('POST', path, kind === 'app' ? { data } : { engineData: data })) as Shown
      return show(invocation, [pushed], rowOf, '')
    }
    case 'list': {
      const answer = (await ask('GET', `${path}?pagination.limit=1000`)) as Readonly<Record<string, Shown[]>>
      return show(invocation, answer[`${kind}s`] ?? [], rowOf, `no ${kind} was pushed`)
    }
    case 'get': {
      const answer = (await ask('GET', one())) as Shown & { readonly app?: Shown }
      return print(JSON.stringify(answer.app ?? answer, null, 2))
    }
    case 'status':
    case 'activate':
    case 'deactivate': {
      await ask(action === 'status' ? 'GET' : 'POST', `${one()}/${action}`)
      const answer = (await ask('GET', one())) as Shown & { readonly app?: Shown }
      return print((answer.app ?? answer).status)
    }
    case 'pull': {
      const answer = (await ask('GET', `${one()}/download`)) as {
        readonly message?: string
        readonly engineLink?: string
      }
      return pull(invocation, answer.engineLink ?? answer.message ?? '', file)
    }
  }
}

/** Pushes templates and shows them. */
export async function template(invocation: Invocation): Promise<void> {
  const action = readAction('template', invocation.args, { push: 1, list: 0, get: 1 })
  const [, what = ''] = invocation.args
  const ask = developerApi(invocation)
  switch (action) {
    case 'push': {
      const file = named('template', action, what)
      await ask('POST', '/v1/dev/templates', readTemplate(file))
      return print(`${file}: saved`)
    }
    case 'list': {
      const answer = (await ask('GET', '/v1/dev/templates?pagination.limit=1000')) as {
        readonly templates?: readonly { id: string; app: string }[]
      }
      return show(invocation, answer.templates ?? [], ({ id, app }) => [id, app], 'no template')
    }
    case 'get':
      return print(
        JSON.stringify(
          await ask('GET', `/v1/dev/templates/${encodeURIComponent(named('template', action, what))}`),
          null,
          2,
        ),
      )
  }
}

const rowOf = ({ id, name, version, status }: Shown): string[] => [`${name}@${version}`, status, id]

function named(kind: string, action: string, what: string): string {
  if (what !== '') return what
  throw new ConfigError(
    `${kind} ${action}: name ${action === 'push' ? 'the folder or file' : `the ${kind}, as in my-${kind}@1.0`}`,
  )
}

/** The text of a template's file. @throws Error that names it, if it is not there or no JSON */
function readTemplate(file: string): string {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw new Error(`${file} is not a file`)
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw notRead(file, error)
  }
  try {
    parseJson(bytes)
  } catch (error) {
    throw new Error(`template file ${file}: ${(error as Error).message}`, { cause: error })
  }
  return bytes.toString()
}

/** A block's folder as the tar archive that a push takes: `manifest.json`, `app/`, and `template.json` if it is there. */
async function packed(folder: string): Promise<Buffer> {
  if (!existsSync(join(folder, 'manifest.json'))) {
    throw new Error(`${folder} has no manifest.json: name the folder of a block`)
  }
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/'))
    .filter(
      (name) => /^(manifest\.json|template\.json|app\/)/.test(name) && !/(^|\/)(__pycache__|node_modules)\//.test(name),
    )
    .sort()
  if (names.length > most.files)
    throw new Error(`${folder} has ${names.length} files: at most ${most.files} are allowed`)
  const files = await Promise.all(names.map(async (name) => ({ name, body: await bytesOf(join(folder, name)) })))
  const size = files.reduce((sum, { body }) => sum + body.length, 0)
  if (size > most.bytes) throw new Error(`${folder} has ${size} bytes: at most ${most.bytes} are allowed`)
  const { packTar } = await import('modern-tar')
  return Buffer.from(await packTar(files.map(({ name, body }) => ({ header: { name, size: body.length }, body }))))
}

const bytesOf = (file: string): Promise<Buffer> =>
  readFile(file).catch((error: unknown) => {
    throw notRead(file, error)
  })

/** Downloads a link into a file, or to stdout for `-`. */
async function pull(invocation: Invocation, link: string, file: string | undefined): Promise<void> {
  const { url } = reach(invocation)
  // The emulator may know itself under another name than this machine does.
  const { pathname, search } = new URL(link)
  const target = file ?? decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1))
  if (target !== '-' && existsSync(target)) throw new Error(`${target} is there already; name another file`)
  const { status, bytes } = await send(url, 'GET', pathname + search, {})
  if (status !== 200) throw new Error(`${url} answered ${status}`)
  if (target === '-') return void process.stdout.write(bytes)
  try {
    writeFileSync(target, bytes, { flag: 'wx' })
  } catch (error) {
    throw notWritten(target, error)
  }
  print(`${target} (${bytes.length} bytes)`)
}

/** Asks the Developer API with the key of the world, or the one of `--key`. @throws Error in the words of the answer */
function developerApi(invocation: Invocation) {
  const { url, name } = reach(invocation)
  const { key = defaultKeyOf(name) } = invocation.options as { key?: string }
  return async (method: 'GET' | 'POST', path: string, body?: object | string): Promise<unknown> => {
    const headers = { authorization: key, 'content-type': 'application/json' }
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const { status, bytes } = await send(url, method, path, headers, text)
    const answer = JSON.parse(bytes.toString()) as { readonly message?: string }
    if (status === 200) return answer
    throw new Error(answer.message ?? `${url} answered ${status}`)
  }
}

const send = (
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<{ readonly status: number; readonly bytes: Buffer }> =>
  new Promise((resolve, reject) => {
    const agent = isLoopback(url) ? directAgent : undefined
    const question = request(url + path, { method, headers, agent }, (response) => {
      buffer(response).then((bytes) => resolve({ status: response.statusCode ?? 0, bytes }), reject)
    })
    question.once('error', (error) => reject(sentenceOf(error, url)))
    question.end(body)
  })
