import { clearTimeout, setTimeout } from '../base/timers.ts'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** A program to run for a block. */
export interface BlockCommand {
  /** Program and arguments. */
  readonly command: readonly string[]
  /** Working directory. */
  readonly folder: string
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Seconds of the machine's clock after which it is stopped; 0: none. */
  readonly timeout: number
  /** Takes its output, piece by piece. The block waits for it, so that a flood cannot fill the memory. */
  readonly onOutput: (bytes: Buffer) => Promise<void>
}

/** How a block's process ended. */
export interface BlockExit {
  /** Exit code; 128 and the number of the signal that ended it. */
  readonly code: number
  readonly timedOut: boolean
  /** Seconds. */
  readonly seconds: number
}

/** Milliseconds from SIGTERM to SIGKILL. */
const grace = 2000

/** Milliseconds for the last output to arrive, if a process that left the group still holds the pipes. */
const lastWords = 200

/**
 * Starts the block in the foreground and waits, so that the block has no children but its own. The other process waits for the end
 * of the emulator, however that comes about: then its end of the pipe is closed, and the whole group is killed.
 * `nice` lets the emulator answer while blocks work.
 */
const guard = `trap : TERM
{ trap '' TERM; read -r line <&3; kill -9 0; } >/dev/null 2>&1 &
nice -n 10 "$@" 3<&-
exit $?`

/**
 * Runs a block to its end, in a process group of its own, of which nothing is left then.
 *
 * @param stop ends it early: SIGTERM, and two seconds later SIGKILL
 * @throws Error if it could not be started
 */
export async function runProcess(
  { command, folder, environment, timeout, onOutput }: BlockCommand,
  stop: AbortSignal,
): Promise<BlockExit> {
  const began = performance.now()
  // Of the libraries that start programs, such as execa, none guards against the end of this program itself.
  const child = spawn('/bin/sh', ['-c', guard, 'block', ...command], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  // The guard reads from it; a broken pipe is ignored.
  child.stdio[3]?.on('error', () => undefined)
  const failed = once(child, 'error').then(([error]) => error as Error)
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  exited.catch(() => undefined)
  if (child.pid === undefined) throw await failed
  const output = Promise.all([read(child.stdout!, onOutput), read(child.stderr!, onOutput)])

  let timedOut = false
  let killer: NodeJS.Timeout | undefined
  const end = (): void => {
    sendToGroup(child, 'SIGTERM')
    killer ??= setTimeout(() => sendToGroup(child, 'SIGKILL'), grace)
  }
  const limit =
    timeout === 0
      ? undefined
      : setTimeout(
          () => {
            timedOut = true
            end()
          },
          Math.min(timeout * 1000, 2 ** 31 - 1),
        )
  stop.addEventListener('abort', end)
  if (stop.aborted) end()
  try {
    const [code] = await exited
    const seconds = (performance.now() - began) / 1000
    return { code: code ?? 137, timedOut, seconds }
  } finally {
    clearTimeout(limit)
    clearTimeout(killer)
    stop.removeEventListener('abort', end)
    // Processes that the block left behind may hold its pipes indefinitely.
    sendToGroup(child, 'SIGKILL')
    const patience = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, lastWords)
    await output
    clearTimeout(patience)
    child.stdio[3]?.destroy()
  }
}

async function read(stream: Readable, onOutput: (bytes: Buffer) => Promise<void>): Promise<void> {
  try {
    for await (const bytes of stream) await onOutput(bytes as Buffer)
  } catch {
    // Cut off, or the log cannot be written: the block's work counts all the same.
    stream.resume()
  }
}

function sendToGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It is gone.
  }
}
