import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { constants } from 'node:os'

export interface ChildOptions {
  readonly env: Readonly<Record<string, string>>
  readonly stdio: StdioOptions
  /** Where signals to this program are heard. */
  readonly signals: NodeJS.EventEmitter
  /** Whether the program sits at a terminal, which sends SIGINT to the child itself. */
  readonly terminal: boolean
  /** Milliseconds from the first signal passed on to SIGKILL; absent: 10 seconds. */
  readonly grace?: number
  /** Called with the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void
}

/** How a child ended, as a shell tells it: its exit code, or 128 and the number of the signal that ended it. */
export interface ChildExit {
  readonly code: number
  readonly signal: NodeJS.Signals | null
}

/** A command that could not be started: 127 where there is none of that name, 126 where it cannot be run, as shells have it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: 126 | 127
  constructor(code: 126 | 127, message: string) {
    super(message)
    this.code = code
  }
}

/** Signals by which a program is told to end, from outside or by its terminal. */
export const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a command to its end. A signal is passed on to it; one that does not end then is killed by the next signal, or when its time
 * is up. What it has started itself is its own affair.
 *
 * @throws CommandError where it cannot be started
 */
export function runChild(command: readonly string[], options: ChildOptions): Promise<ChildExit> {
  const { env, stdio, signals, terminal, grace = 10_000, onStart } = options
  const [name = '', ...args] = command
  return new Promise((resolve, reject) => {
    let child: ChildProcess
    try {
      child = spawn(name, args, { env, stdio })
    } catch (error) {
      reject(explain(name, error))
      return
    }
    let deadline: NodeJS.Timeout | undefined
    const pass = (signal: NodeJS.Signals): void => {
      if (signal === 'SIGINT' && terminal) return
      if (deadline !== undefined) {
        child.kill('SIGKILL')
        return
      }
      deadline = setTimeout(() => child.kill('SIGKILL'), grace)
      child.kill(signal)
    }
    const settle = (): void => {
      clearTimeout(deadline)
      for (const signal of passedOn) signals.off(signal, pass)
    }
    for (const signal of passedOn) signals.on(signal, pass)
    child.once('spawn', () => onStart?.(child))
    child.once('error', (error) => {
      if (child.pid !== undefined) return
      settle()
      reject(explain(name, error))
    })
    child.once('exit', (code, signal) => {
      settle()
      resolve({ code: signal === null ? (code ?? 1) : exitCodeOf(signal), signal })
    })
  })
}

/** The exit code by which a shell tells that a signal ended a program. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

function explain(name: string, error: unknown): CommandError {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'ENOENT') return new CommandError(127, `${name}: command not found`)
  const reason = code === 'EACCES' ? 'it is not executable' : message
  return new CommandError(126, `${name}: cannot be run: ${reason}`)
}
