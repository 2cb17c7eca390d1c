import { createHash } from 'node:crypto'
import { counted } from '../../base/plain-text.ts'
import { createProof, jobKey, listed, Memory, type Rule } from './rule.ts'
import { firstMessageOf, jobIn, parse, type Seen } from './exchange.ts'

const createJob = 'POST /v1/customer/jobs'

const runs = new Set(['POST /v1/customer/jobs/{jobId}/run', 'POST /v1/customer/jobs/run/{jobId}'])

/** Operations that run a job or remove it; after any of them a job does not count as left behind. */
const endings = new Set([...runs, 'POST /v1/customer/jobs/{jobId}/abort', 'DELETE /v1/customer/jobs/{jobId}'])

/** Jobs that were created and then neither run, nor aborted, nor deleted. */
export function neverRan(): Rule {
  const created = new Memory<Seen>()
  const refused = new Memory<string>()
  return {
    see(seen) {
      if (runs.has(seen.operation ?? '')) noteRefusal(seen)
      if (!seen.done) return
      if (endings.has(seen.operation ?? '')) created.delete(jobKey(seen, idOf(seen)))
      if (seen.operation !== createJob) return
      const jobId = idOf(seen)
      if (jobId !== null) created.set(jobKey(seen, jobId), seen)
    },
    found() {
      const proof = createProof()
      let reason: string | undefined
      for (const seen of created.values()) {
        proof.addJob(idOf(seen)!)
        proof.add(seen)
        reason ??= refused.get(jobKey(seen, idOf(seen)))
      }
      const tried = reason === undefined ? '' : `; a run was tried and refused: ${reason}`
      return proof.found(
        `created ${counted(proof.count, 'job')} and never ran ${proof.count === 1 ? 'it' : 'them'}${tried}`,
      )
    },
  }

  function noteRefusal(seen: Seen): void {
    const message = firstMessageOf(seen)
    if (message !== null && seen.jobId !== null) refused.set(jobKey(seen), message)
  }
}

/**
 * Creates with the same body that made different jobs. With a `jobId` of the client's the second create is of the same job, so
 * that it does no harm. A create whose answer was lost counts: that it is sent again is what makes the job twice.
 */
export function duplicateCreate(): Rule {
  const proof = createProof()
  const creates = new Memory<{ readonly jobIds: Set<string>; lost: boolean }>()
  let afterLoss = 0
  return {
    see(seen) {
      if (seen.operation !== createJob || !seen.done) return
      const body = seen.exchange.requestBody?.toString('utf8') ?? ''
      const sent = parse(body)
      const jobId = idOf(seen)
      if (jobId === null || (sent['jobId'] ?? sent['job_id'] ?? '') !== '') return
      const key = `${seen.world} ${seen.exchange.persona} ${createHash('sha256').update(body).digest('hex')}`
      const same = creates.at(key, () => ({ jobIds: new Set(), lost: false }))
      if (same.jobIds.size > 0 && !same.jobIds.has(jobId)) {
        for (const id of [...same.jobIds, jobId]) proof.addJob(id)
        proof.add(seen)
        if (same.lost) afterLoss++
      }
      // Enough to show it; a program that creates a million of them is not to fill the memory.
      if (same.jobIds.size < 10) same.jobIds.add(jobId)
      same.lost ||= !seen.heard
    },
    found: () =>
      proof.found(
        `sent the same create again and made ${counted(proof.count, 'more job')} of the same ` +
          (afterLoss > 0
            ? `(${afterLoss} after the answer to the first was lost or changed)`
            : `(${listed(proof.jobIds)})`),
      ),
  }
}

/** The job that a request was about; the emulator knows it also if the answer was cut. */
const idOf = (seen: Seen): string | null => seen.jobId ?? jobIn(seen)?.id ?? null
