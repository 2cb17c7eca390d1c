import { ConfigError } from '../settings/settings.ts'
import { readSeed } from '../settings/seed-files.ts'
import { counted } from '../base/plain-text.ts'
import { print, reach } from './reach.ts'
import type { Invocation } from './subcommand.ts'

/** Puts a world back to the seed. */
export async function reset(invocation: Invocation): Promise<void> {
  const { removed, seeded, world } = await reach(invocation).ask((world) => world.reset())
  print(
    `world ${world}: removed ${counted(removed.jobs, 'job')} and ${counted(removed.templates, 'template')}, ` +
      `seeded ${counted(seeded.jobs, 'job')}`,
  )
}

/** Adds what a seed file has to a world. */
export async function seed(invocation: Invocation): Promise<void> {
  const content = readSeed(invocation.args[0]!)
  const { name, ask } = reach(invocation)
  const { templates, jobs } = await ask((world) => world.seed(content))
  print(`world ${name}: added ${counted(templates, 'template')} and ${counted(jobs, 'job')}`)
}

/** Moves a world's clock on, and prints what happened on the way. */
export async function advance(invocation: Invocation): Promise<void> {
  const [by = ''] = invocation.args
  if (by === '') throw new ConfigError('expected a duration such as 90s, next, or job:ID')
  const answer = await reach(invocation).ask((world) => world.clock.advance(by))
  if (invocation.options['json'] === true) return print(JSON.stringify(answer, null, 2))
  for (const { at, jobId, state } of answer.transitions) print(`${at}  ${jobId}  ${state}`)
  print(`now ${answer.now}${answer.frozen ? ', frozen' : ''}`)
}
