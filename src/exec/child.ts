import { clearTimeout, setTimeout } from '../base/timers.ts'
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { constants } from 'node:os'

export interface ChildOptions {
  readonly env: Readonly<Record<string, string>>
  readonly stdio: StdioOptions
  /** Where signals to this program are heard. */
  readonly signals: NodeJS.EventEmitter
  /** True at a terminal, which sends SIGINT to the child itself. */
  readonly terminal: boolean
  /** Milliseconds from the first signal passed on to SIGKILL; absent: 10 seconds. */
  readonly grace?: number
  /** Milliseconds in which signals count as one press of a key; absent: one second. */
  readonly press?: number
  /** The child has its own process group, which gets all signals. */
  readonly group?: boolean
  /** Kills the rest of the group when the child ends. Absent: processes that the child started are left alone. */
  readonly clears?: boolean
  /** Kills the child when it is aborted. */
  readonly limit?: AbortSignal
  /** Called with the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void
}

/** How a child ended, as a shell tells it: its exit code, or 128 and the number of the signal that ended it. */
export interface ChildExit {
  readonly code: number
  readonly signal: NodeJS.Signals | null
}

/** A command that could not be started: 127 if there is none of that name, 126 if it cannot be run, as shells have it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: 126 | 127
  constructor(code: 126 | 127, message: string) {
    super(message)
    this.code = code
  }
}

/** Signals that ask a program to end, from outside or from its terminal. */
export const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Milliseconds to wait for output of the child, if another process still holds its pipes. */
const lastWords = 500

/**
 * Runs a command to its end. A signal is passed on to it. A child that does not end then is killed when its time is up, or by a
 * later signal that is a press of its own: one Ctrl-C may arrive several times, from the terminal and from each program between.
 *
 * @throws CommandError if it cannot be started
 */
export function runChild(command: readonly string[], options: ChildOptions): Promise<ChildExit> {
  const { env, stdio, signals, terminal, grace = 10_000, press = 1000, limit, onStart } = options
  const { group = false, clears = false } = options
  const [name = '', ...args] = command
  return new Promise((resolve, reject) => {
    let child: ChildProcess
    try {
      child = spawn(name, args, { env, stdio, detached: group })
    } catch (error) {
      reject(startFailure(name, error))
      return
    }
    let deadline: NodeJS.Timeout | undefined
    const send = (signal: NodeJS.Signals): void => {
      if (!group || !sendToGroup(child, signal)) child.kill(signal)
    }
    const kill = (): void => send('SIGKILL')
    let pressed: NodeJS.Timeout | undefined
    const passed = new Set<NodeJS.Signals>()
    const pass = (signal: NodeJS.Signals): void => {
      if (signal === 'SIGINT' && terminal) return
      if (deadline !== undefined && pressed === undefined) return kill()
      deadline ??= setTimeout(kill, grace)
      pressed ??= setTimeout(() => (pressed = undefined), press)
      if (passed.has(signal)) return
      passed.add(signal)
      send(signal)
    }
    const stopWatching = (): void => {
      clearTimeout(deadline)
      clearTimeout(pressed)
      limit?.removeEventListener('abort', kill)
      for (const signal of passedOn) signals.off(signal, pass)
    }
    for (const signal of passedOn) signals.on(signal, pass)
    limit?.addEventListener('abort', kill)
    child.once('spawn', () => onStart?.(child))
    child.once('error', (error) => {
      if (child.pid !== undefined) return
      stopWatching()
      reject(startFailure(name, error))
    })
    child.once('exit', (code, signal) => {
      stopWatching()
      const end = (): void => resolve({ code: signal === null ? (code ?? 1) : exitCodeOf(signal), signal })
      if (!clears) return end()
      sendToGroup(child, 'SIGKILL')
      const patience = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        end()
      }, lastWords)
      child.once('close', () => {
        clearTimeout(patience)
        end()
      })
    })
  })
}

/** Returns false if there is no such group. */
function sendToGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  try {
    return pid !== undefined && process.kill(-pid, signal)
  } catch {
    return false
  }
}

/** The exit code by which a shell tells that a signal ended a program. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

function startFailure(name: string, error: unknown): CommandError {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'ENOENT') return new CommandError(127, `${name}: command not found`)
  const reason = code === 'EACCES' ? 'it is not executable' : message
  return new CommandError(126, `${name}: cannot be run: ${reason}`)
}
