import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  Explanation,
  HoldRequest,
  JobPaceRequest,
  ReleaseRequest,
  ReleaseResponse,
  WorldJobParams,
  WorldParams,
} from '../../../schemas/control.ts'
import { type WorldJob, WorldJobsQuery, WorldJobsResponse } from '../../../schemas/activity.ts'
import { jobStates } from '../../../schemas/jobs.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { formatTimestamp, type Micros } from '../../base/timestamps.ts'
import { paginationOf, slice } from '../../wire/paging.ts'
import type { Core } from '../../core.ts'
import { explain } from '../../control/explain.ts'
import { checkedWorldName } from '../../base/world-names.ts'
import { endAt, enteredAt, gatesOf, nextAt, stateAt } from '../../domain/jobs/lifecycle.ts'
import type { JobRecord } from '../../domain/jobs/job.ts'
import type { WorldRecord } from '../../store/worlds.ts'

const shown = (moment: Micros | null): string | null => (moment === null ? null : formatTimestamp(moment))

function worldJobOf({ id, name, templateId, account, createdAt, run }: JobRecord, at: Micros): WorldJob {
  const [end, next] = [endAt(run), nextAt(run, at)]
  return {
    id,
    name,
    templateId,
    account,
    state: stateAt(run, at),
    createdAt: formatTimestamp(createdAt),
    submittedAt: shown(enteredAt(run, 'JOB_STATE_STARTED')),
    endedAt: shown(end !== null && end <= at ? end : null),
    nextState: run?.timeline.find(([, entered]) => entered > at)?.[0] ?? run?.pending[0] ?? '',
    nextAt: shown(next),
  }
}

/** Jobs: which there are, why they are where they are, and what moves them along. */
export const jobRoutes =
  (core: Core): FastifyPluginAsyncTypebox =>
  async (app) => {
    const open = async (name: string) => core.worlds.open(checkedWorldName(name))

    const explained = (world: WorldRecord, job: JobRecord): Explanation =>
      explain(
        job,
        core.clocks.now(world),
        core.journal.list(world.name, { jobId: job.id }),
        core.faults.list(world.name),
        { played: () => core.realRuns.whyPlayed(world, job), notRun: () => core.realRuns.whyNotRun(world, job) },
      )

    const waitingOf = (world: WorldRecord, { id, run }: JobRecord): ReleaseResponse => ({
      jobId: id,
      state: stateAt(run, core.clocks.now(world)),
      waitingFor: run === null ? [] : [...gatesOf(run)],
    })

    app.get(
      '/worlds/:world/jobs',
      {
        schema: {
          tags: ['jobs'],
          operationId: 'Emulator_ListJobs',
          summary: 'List the jobs of a world, of all accounts',
          description:
            'Newest first, each with its next state. Can be filtered by state, by template, and by a part of the name or id. Deleted jobs are not listed. A world that was never opened has no jobs.',
          params: WorldParams,
          querystring: WorldJobsQuery,
          response: { 200: WorldJobsResponse },
        },
      },
      async ({ params, query: { limit, offset = 0, state = null, templateId = null, text = null } }) => {
        const page = slice(limit || 50, offset)
        if (state !== null && !jobStates.some((known) => known === state)) {
          throw invalidArgument(`state ${show(state)}: expected one of ${jobStates.join(', ')}`)
        }
        const world = core.worlds.find(checkedWorldName(params.world))
        if (world === undefined) return { jobs: [], pagination: paginationOf(page, 0) }
        const { jobs, total, at } = await core.jobQueries.all(world, page, { state, templateId, text })
        return { jobs: jobs.map((job) => worldJobOf(job, at)), pagination: paginationOf(page, total) }
      },
    )

    app.get(
      '/worlds/:world/jobs/:jobId',
      {
        schema: {
          tags: ['jobs'],
          operationId: 'Emulator_ExplainJob',
          summary: 'Explain the state of a job, and what it waits for',
          description:
            'Past and future states, each with its reason; what the job waits for; the scenario that decided its run; the requests about it, with their faults. Deleted jobs are explained, too: the last 1,000 of a world.',
          params: WorldJobParams,
          response: { 200: Explanation },
        },
      },
      async ({ params }) => {
        const world = core.worlds.get(checkedWorldName(params.world))
        return explained(world, core.jobs.findAny(world, params.jobId))
      },
    )

    app.put(
      '/worlds/:world/jobs/:jobId/pace',
      {
        schema: {
          tags: ['jobs'],
          operationId: 'Emulator_SetJobPace',
          summary: 'Set the pace of one job',
          description:
            'Overrides the pace of its scenario and of its world. A job that is not run yet starts with it. A running job continues with it: its present state starts again, later states follow at the new pace, and its gates are removed. 400 for a job that has ended.',
          params: WorldJobParams,
          body: JobPaceRequest,
          response: { 200: Explanation },
        },
      },
      async ({ params, body: { pace } }) => {
        const world = await open(params.world)
        return explained(world, await core.jobs.setPace(world, params.jobId, pace))
      },
    )

    app.post(
      '/worlds/:world/jobs/:jobId/hold',
      {
        schema: {
          operationId: 'Emulator_HoldJob',
          summary: 'Make a job wait before a state',
          description:
            'The job stops before the state until it is released. Its timeouts keep counting. 400 if the job has entered the state already, or never will.',
          tags: ['jobs'],
          params: WorldJobParams,
          body: HoldRequest,
          response: { 200: ReleaseResponse },
        },
      },
      async (request) => {
        const world = await open(request.params.world)
        return waitingOf(world, await core.jobs.hold(world, request.params.jobId, request.body.before))
      },
    )

    app.post(
      '/worlds/:world/jobs/:jobId/release',
      {
        schema: {
          operationId: 'Emulator_ReleaseJob',
          summary: 'Release a job that waits at a gate',
          description:
            'Each step enters one state. For jobs whose pace is `manual`, and for held jobs. 400 for a job that does not wait at a gate.',
          tags: ['jobs'],
          params: WorldJobParams,
          body: ReleaseRequest,
          response: { 200: ReleaseResponse },
        },
      },
      async (request) => {
        const world = await open(request.params.world)
        return waitingOf(world, await core.jobs.release(world, request.params.jobId, request.body.steps ?? 1))
      },
    )
  }
