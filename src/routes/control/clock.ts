import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdvanceRequest, ClockResponse, WaitRequest, WaitResponse, WorldParams } from '../../../schemas/control.ts'
import { Empty } from '../../../schemas/generic.ts'
import type { Core } from '../../core.ts'
import type { ClockMove } from '../../core/clocks.ts'
import { parseDuration } from '../../base/durations.ts'
import { failedPrecondition, invalidArgument, show } from '../../base/errors.ts'
import { checkedWorldName } from '../../base/world-names.ts'
import { endAt } from '../../domain/jobs/lifecycle.ts'
import type { WorldRecord } from '../../store/worlds.ts'
import { formatTimestamp, type Micros, microsPerSecond, parseTimestamp } from '../../base/timestamps.ts'

/** Moving a world's clock. */
export const clockRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const open = async (name: string) => core.worlds.open(checkedWorldName(name))

    async function advance(world: WorldRecord, by: string): Promise<ClockMove> {
      if (by === 'next') return core.clocks.advanceToNext(world)
      if (by.startsWith('job:')) {
        const { id, run } = core.jobs.findAny(world, by.slice('job:'.length))
        const end = endAt(run)
        if (end === null) throw failedPrecondition(`job ${id} does not end by itself; see what it waits for`)
        return core.clocks.advanceTo(world, end)
      }
      const duration = parseDuration(by)
      if (duration === undefined || duration > longestAdvance) {
        throw invalidArgument(
          `by ${show(by)}: expected a duration of at most 100 years (90s, 10m, 2h, 1d, ISO 8601, or milliseconds), ` +
            '"next", or "job:<id>"',
        )
      }
      return core.clocks.advance(world, duration)
    }
    const clock = { tags: ['clock'], params: WorldParams, response: { 200: ClockResponse } }

    app.get(
      '/worlds/:world/clock',
      {
        schema: {
          ...clock,
          operationId: 'Emulator_GetClock',
          summary: "Get a world's time",
          description: 'The clock of a world follows the clock of the machine, plus the time by which it was advanced.',
        },
      },
      async (request) => {
        const world = core.worlds.find(checkedWorldName(request.params.world))
        // Reading opens no world: one that was never opened would have the time of the machine.
        if (world === undefined) return clockToWire({ now: core.clock.now(), frozen: false, transitions: [] })
        const { frozenAt } = core.clocks.position(world)
        return clockToWire({ now: core.clocks.now(world), frozen: frozenAt !== null, transitions: [] })
      },
    )

    app.post(
      '/worlds/:world/clock/advance',
      {
        schema: {
          ...clock,
          operationId: 'Emulator_AdvanceClock',
          summary: "Advance a world's clock",
          description:
            'By a duration, to the `next` state of any job, or to the end of one job (`job:<id>`). The answer lists the states that jobs entered on the way, in order. Tokens, links and secrets expire by this clock, too. A clock never goes back, nor beyond the year 9899. 400 if there is nothing to advance to.',
          body: AdvanceRequest,
        },
      },
      async (request) => {
        const world = await open(request.params.world)
        return clockToWire(await advance(world, request.body.by))
      },
    )

    app.post(
      '/worlds/:world/clock/freeze',
      {
        schema: {
          ...clock,
          operationId: 'Emulator_FreezeClock',
          summary: "Stop a world's clock",
          description: 'Time stands still until the clock is advanced or runs again.',
          body: Empty,
        },
      },
      async (request) => clockToWire(await core.clocks.freeze(await open(request.params.world))),
    )

    app.post(
      '/worlds/:world/clock/run',
      {
        schema: {
          ...clock,
          operationId: 'Emulator_RunClock',
          summary: "Let a world's clock run again",
          description: 'It continues from its present time and does not catch up.',
          body: Empty,
        },
      },
      async (request) => clockToWire(await core.clocks.run(await open(request.params.world))),
    )

    app.post(
      '/worlds/:world/clock/wait',
      {
        schema: {
          tags: ['clock'],
          operationId: 'Emulator_WaitForClock',
          summary: "Wait for a moment of a world's time, at most one minute",
          description:
            "For code under test that must not wait in real time. Answers when the world's clock reaches the moment, also when it is advanced. After a minute it answers with `reached` false; then ask again with `until`. At most 1,000 requests wait in one world; more are 429.",
          params: WorldParams,
          body: WaitRequest,
          response: { 200: WaitResponse },
        },
      },
      async (request) => {
        const world = await open(request.params.world)
        const until = momentOf(request.body, core.clocks.now(world))
        const reached = await core.clocks.waitUntil(world, until, longestWait, request.signal)
        return { reached, until: formatTimestamp(until) }
      },
    )
  }

/** A hundred years; further on, timestamps would leave the years that RFC 3339 can write. */
const longestAdvance = 100 * 365 * 24 * 3600 * microsPerSecond

/** Longest wait for a moment, in milliseconds; clients ask again. */
const longestWait = 60_000

function momentOf({ for: duration, until }: { for?: string; until?: string }, now: Micros): Micros {
  if ((duration === undefined) === (until === undefined)) throw invalidArgument('expected exactly one of for and until')
  if (until !== undefined) return parseTimestamp(until)!
  const micros = parseDuration(duration!)
  if (micros === undefined) throw invalidArgument(`for ${show(duration)}: expected a duration such as 90s`)
  return now + micros
}

const clockToWire = ({ now, frozen, transitions }: ClockMove): ClockResponse => ({
  now: formatTimestamp(now),
  frozen,
  transitions: transitions.map(({ jobId, state, at }) => ({ jobId, state, at: formatTimestamp(at) })),
})
