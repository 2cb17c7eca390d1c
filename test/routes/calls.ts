import { type Test } from 'tap'
import type { client } from '../emulator.ts'
import { type Answer } from '../emulator.ts'

export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export type Call = ReturnType<typeof client>

/** Creates a job that needs no input, with so many tasks at 2 ByteChips each, and asks to run it. */
export async function run(call: Call, tasks: number, more: object = {}): Promise<Answer & { id: string }> {
  const { body } = await call('POST', '/v1/customer/jobs', {
    templateId: 'hello-world-template',
    dataSource: { dataSourceDescriptor: 'bypass' },
    params: { partitioner: { num_replicas: tasks } },
    ...more,
  })
  const id = body.job.id as string
  return { ...(await call('POST', `/v1/customer/jobs/${id}/run`)), id }
}

export const advance = (call: Call, by: string, world = 'default') =>
  call('POST', `/_emulator/worlds/${world}/clock/advance`, { by })

export function refused(t: Test, answer: Answer, status: number, code: number, message: RegExp | string) {
  t.match(answer, { status, body: { code, message, details: [] } })
}
