import type { Sightings } from '../intercept/interception.ts'
import { type FindingId, findingIds } from '../../../schemas/report-names.ts'
import type { Finding } from '../../../schemas/report.ts'
import { ignoredRetryAfter, unknownFields, unknownPath } from './requests.ts'
import { duplicateCreate, neverRan } from './creating.ts'
import { expiredToken, rejectedCredentials, tokenPerCall } from './credentials.ts'
import { polledAfterEnd, polledTooFast, resultsAsState } from './polling.ts'
import { counted } from '../../base/plain-text.ts'
import { listed, type Rule } from './rule.ts'
import type { Seen } from './exchange.ts'
import { noCommonProtocol } from './sightings.ts'

/** Advice for each finding. */
const advice: Readonly<Record<FindingId, string>> = {
  'pinned-certificate':
    'let the program trust the certificate authority that exec names in its environment, or give it the URL of the emulator',
  'http2-only': 'let it speak HTTP/1.1, too: exec does not speak HTTP/2',
  'duplicate-create': 'give every create a jobId of your own: sent again, it is the same job',
  'never-ran': 'run each job that was created, or delete it, also if something fails in between',
  'expired-token': 'fetch a new token when expiresIn has passed, and once after a 401',
  'rejected-credentials':
    'send the token from POST /v1/auth/access_token in the header Authorization; under exec any API key will do, and test_<world> always',
  'unknown-path': 'compare the path with docs/routes.md',
  'unknown-fields': 'correct the names: the service ignores what it does not know, --strict refuses it',
  'ignored-retry-after': 'wait as many seconds as the header Retry-After says before asking again',
  'results-as-state': 'read the state of the job and ask for results once it is JOB_STATE_COMPLETE',
  'polled-too-fast': 'wait a second or more between reads of a job, or listen to GET /v1/customer/events',
  'polled-after-end': 'stop polling at JOB_STATE_COMPLETE and JOB_STATE_FAILED: no job leaves them',
  'token-per-call': 'keep the token and use it for as long as expiresIn says',
}

/** Collects the findings about a client. */
export interface Findings {
  see(seen: Seen): void
  /** The gravest first. The same exchanges and sightings give the same findings. */
  found(sightings: Sightings): Finding[]
}

/** @param operations those that the emulator has, for naming the nearest one */
export function createFindings(operations: () => readonly string[]): Findings {
  const rules: Readonly<Record<Exclude<FindingId, 'http2-only' | 'pinned-certificate'>, Rule>> = {
    'duplicate-create': duplicateCreate(),
    'never-ran': neverRan(),
    'expired-token': expiredToken(),
    'rejected-credentials': rejectedCredentials(),
    'unknown-path': unknownPath(operations),
    'unknown-fields': unknownFields(),
    'ignored-retry-after': ignoredRetryAfter(),
    'results-as-state': resultsAsState(),
    'polled-too-fast': polledTooFast(),
    'polled-after-end': polledAfterEnd(),
    'token-per-call': tokenPerCall(),
  }
  const all = Object.values(rules)
  let requests = 0
  return {
    see(seen) {
      requests++
      for (const rule of all) rule.see(seen)
    },
    found: (sightings) =>
      findingIds.flatMap((id) => {
        const found =
          id === 'pinned-certificate'
            ? pinned(sightings, requests)
            : id === 'http2-only'
              ? http2Only(sightings)
              : rules[id].found()
        if (found === undefined) return []
        const { message, count, evidence, jobIds } = found
        return [{ id, message, advice: advice[id], count, evidence: [...evidence], jobIds: [...jobIds] }]
      }),
  }
}

/**
 * A program that takes no certificate but the vendor's never gets as far as a request. Connections that were closed unused count
 * only if there was no request at all: clients also open some in advance.
 */
function pinned({ untrusted, unused }: Sightings, requests: number): ReturnType<Rule['found']> {
  const refused = new Map([...untrusted].filter(([reason]) => reason !== noCommonProtocol))
  const refusals = sum(refused)
  const count = refusals + (requests === 0 ? unused : 0)
  if (count === 0) return undefined
  const how = refusals > 0 ? listed([...refused.keys()]) : 'closed without a request'
  const message = `did not take the certificate for the vendor's host ${counted(count, 'time')} (${how})`
  return { message, count, evidence: [], jobIds: [] }
}

/** A client that offers HTTP/2 and nothing else breaks off the handshake, certificates or not. */
function http2Only({ untrusted }: Sightings): ReturnType<Rule['found']> {
  const count = untrusted.get(noCommonProtocol) ?? 0
  if (count === 0) return undefined
  return { message: `offered HTTP/2 alone ${counted(count, 'time')}`, count, evidence: [], jobIds: [] }
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((all, count) => all + count, 0)
