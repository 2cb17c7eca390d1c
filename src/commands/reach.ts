import { connect, ControlError, type EmulatorClient, type World } from '../client.ts'
import { ConfigError } from '../settings/settings.ts'
import { defaultWorld, isWorldName } from '../base/world-names.ts'
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
   * @throws Error with a sentence: that nobody answers there, or what the emulator said
   */
  readonly ask: <Answer>(question: (world: World, client: EmulatorClient) => Promise<Answer>) => Promise<Answer>
}

/** @throws ConfigError for a world's name or a URL that is none */
export function reach({ settings, options }: Invocation): Running {
  const { url: given, world: name = defaultWorld } = options as { url?: string; world?: string }
  if (!isWorldName(name)) {
    throw new ConfigError(`--world ${JSON.stringify(name)}: expected 1 to 64 of letters, digits, ".", "_" and "-"`)
  }
  const url = addressOf(settings, given)
  const client = connect(url)
  return {
    url,
    name,
    async ask(question) {
      try {
        return await question(client.world(name), client)
      } catch (error) {
        throw sentenceOf(error, url)
      }
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

const noAnswer = (url: string, cause?: unknown): Error =>
  new Error(`no emulator answers at ${url}; start one with "bytenite-emulator", or say where it is with --url`, {
    cause,
  })

/** Prints a line for whoever called the command. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)
