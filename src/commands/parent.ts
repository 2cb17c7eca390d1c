import { setTimeout } from '../base/timers.ts'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Milliseconds between two looks. */
const interval = 500

/** More wrappers than anybody nests. */
const mostAncestors = 16

/** A process, as the system tells of it. */
interface ProcessFacts {
  readonly parent: number
  readonly command: readonly string[]
}

/**
 * Resolves once the process that started this one has ended. A wrapper that only waits for it, such as npx or `sh -c`,
 * does not count: then it is the process that started the wrapper, as far as the system tells (Linux).
 */
export function parentEnded(): Promise<void> {
  const parents = ancestorsOf(process.ppid)
  return new Promise((resolve) => {
    const look = (): void => {
      if (areThere(parents)) setTimeout(look, interval).unref()
      else resolve()
    }
    look()
  })
}

/** True while each of them is alive, and the child of the next. */
function areThere(parents: readonly number[]): boolean {
  if (process.ppid !== parents[0] || !isAlive(parents[0])) return false
  return parents.slice(1).every((parent, index) => factsOf(parents[index]!)?.parent === parent)
}

/** Windows gives the number of a parent that has ended, too. */
function isAlive(id: number): boolean {
  try {
    // The parent of the first process of a container is 0, which would mean its own group.
    return id === 0 || process.kill(id, 0)
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}

/** A process and, while it is a wrapper, its parent. */
function ancestorsOf(id: number): number[] {
  const found = [id]
  for (let last = id; last > 1 && found.length < mostAncestors;) {
    const facts = factsOf(last)
    if (facts === undefined || !isWrapper(facts.command)) break
    last = facts.parent
    found.push(last)
  }
  return found
}

/** True for a shell that runs one command, and for the runners of packages. */
function isWrapper([program = '', argument = '']: readonly string[]): boolean {
  const name = basename(program)
  if (/^(?:sh|bash|dash|ash|zsh|ksh)$/.test(name)) return /^-\w*c/.test(argument)
  // npm changes its own title, to "npm exec bytenite-emulator" for example.
  return runner.test(/^node(?:js)?$/.test(name) ? basename(argument) : name)
}

const runner = /^(?:npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)\b/

/** Facts from /proc, which only Linux has. */
function factsOf(id: number): ProcessFacts | undefined {
  try {
    // The name, in brackets, may hold spaces and brackets of its own.
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1')
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(parent), command: readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0') }
  } catch {
    return undefined
  }
}
