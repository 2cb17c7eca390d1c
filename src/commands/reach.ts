import { connect, ControlError, type EmulatorClient, type World } from '../client.ts'
import { ConfigError } from '../settings/settings.ts'
import { defaultWorld, isWorldName, worldNameForm } from '../base/world-names.ts'
import { addressOf } from './address.ts'
import type { Invocation } from './subcommand.ts'

/** The emulator that a command talks to. */
export interface Running {
  readonly url: string
  /** Name of the world that the command is about. */
  readonly name: string
  /**
   * Asks it something.
   *
   * @throws Error with a sentence: that nothing answers there, or what the emulator said
   */
  readonly ask: <Answer>(question: (world: World, client: EmulatorClient) => Promise<Answer>) => Promise<Answer>
  /**
   * The whole id of a job, of which the first characters will do if no other job has them.
   *
   * @throws Error that names the jobs that could be meant
   */
  readonly jobId: (text: string) => Promise<string>
}

/** Characters of an id that can stand for all of it, at least. */
const leastOfId = 4

/** @throws ConfigError for a world's name or a URL that is none */
export function reach({ settings, options }: Invocation): Running {
  const { url: given, world: name = defaultWorld } = options as { url?: string; world?: string }
  if (!isWorldName(name)) {
    throw new ConfigError(`--world ${JSON.stringify(name)}: expected ${worldNameForm}`)
  }
  const url = addressOf(settings, given)
  const client = connect(url)
  const ask: Running['ask'] = async (question) => {
    try {
      return await question(client.world(name), client)
    } catch (error) {
      throw sentenceOf(error, url)
    }
  }
  return {
    url,
    name,
    ask,
    async jobId(text) {
      if (text.length < leastOfId) return text
      const found = (await ask((world) => world.jobs({ text, limit: 1000 }))).filter(({ id }) => id.startsWith(text))
      if (found.length < 2 || found.some(({ id }) => id === text)) return found.length === 1 ? found[0]!.id : text
      const ids = found.slice(0, 5).map(({ id }) => id)
      const more = found.length > ids.length ? ` and ${found.length - ids.length} more` : ''
      throw new Error(`several jobs have an id that begins with ${text}: ${ids.join(', ')}${more}`)
    },
  }
}

/** Describes a failed request for people. */
export function sentenceOf(error: unknown, url: string): Error {
  if (error instanceof ControlError && !error.isEmulator) {
    const what = `a server that is not bytenite-emulator answers at ${url} (${error.status})`
    return new Error(`${what}; say where it is with --url`, { cause: error })
  }
  if (error instanceof ControlError) return new Error(error.reason, { cause: error })
  const isConnection = error instanceof TypeError || typeof (error as { syscall?: unknown }).syscall === 'string'
  if (isConnection) return noAnswer(url, error)
  return error instanceof Error ? error : new Error(String(error))
}

/** The emulator speaks of a parameter of its API; commands have a flag in its place. */
export const withReplaceFlag = (error: unknown): unknown =>
  error instanceof Error
    ? new Error(error.message.replace(/"replace": true|replace=true/, '--replace'), { cause: error })
    : error

const noAnswer = (url: string, cause?: unknown): Error =>
  new Error(`no emulator answers at ${url}; start one with "bytenite-emulator", or say where it is with --url`, {
    cause,
  })

/** Prints a line for the user. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)
