import { type Call } from '../emulator.ts'

export const template = 'hello-world-template'

export const id = '3d4f9a60-1b1e-4c53-9a59-2a3c0f1d7e11'

/** A create that must succeed; answers with the job. */
export const create = async (call: Call, body: object): Promise<any> => {
  const answer = await call('POST', '/v1/customer/jobs', { templateId: template, ...body })
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body.job
}

export const read = async (call: Call, jobId: string): Promise<any> =>
  (await call('GET', `/v1/customer/jobs/${jobId}`)).body.job

export const idsOf = (page: { data: { id: string }[] }): string[] => page.data.map((job) => job.id)
