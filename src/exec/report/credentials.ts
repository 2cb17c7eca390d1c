import { type Micros, microsPerSecond } from '../../base/timestamps.ts'
import { tokenLifetime } from '../../domain/accounts/token.ts'
import { counted } from '../../base/plain-text.ts'
import { createProof, Memory, type Proof, type Rule } from './rule.ts'
import { elapsed, follows, messageIn, type Seen } from './exchange.ts'

const getToken = 'POST /v1/auth/access_token'

/** A token may be renewed this long before its expiry. */
const renewal: Micros = 5 * 60 * microsPerSecond
const useful: Micros = tokenLifetime * microsPerSecond - renewal

/** Tokens fetched while an earlier one was good that are let pass: a program may be made of a few processes. */
const needlessTokensAllowed = 2

/** Calls that a token should be good for at least; below it a program fetches one for nearly every call. */
const callsPerToken = 2

const isExpired = (seen: Seen): boolean => seen.status === 401 && /\bexpired\b/.test(messageIn(seen))

/**
 * Tokens that were used on although the service had said that they were expired. To be told so once and to fetch a new one
 * then is a way of renewing, and is let pass; so are calls that were under way at that moment.
 */
export function expiredToken(): Rule {
  const proof = createProof()
  /** The first answer that said so, by world; gone once a new token was fetched. */
  const told = new Memory<Seen>()
  return {
    see(seen) {
      if (seen.world === null) return
      if (seen.operation === getToken && seen.status === 200) told.delete(seen.world)
      if (!isExpired(seen)) return
      const first = told.get(seen.world)
      if (first === undefined) told.set(seen.world, seen)
      else if (follows(seen, first)) proof.add(seen)
    },
    found() {
      const again = proof.count
      const all: Proof = createProof()
      for (const seen of told.values()) all.add(seen)
      if (again > 0) {
        return proof.found(`used an expired token ${counted(again, 'more time')} after it was answered 401`)
      }
      return all.found('used an expired token and did not fetch a new one')
    },
  }
}

/**
 * Tokens fetched although one fetched earlier, for the same world, was good for another five minutes and no call had been
 * answered 401 since. Reported only if there are hardly more calls than tokens.
 */
export function tokenPerCall(): Rule {
  const worlds = new Memory<{
    tokens: number
    calls: number
    latest: Seen | undefined
    needless: Seen[]
    count: number
  }>()
  return {
    see(seen) {
      if (seen.world === null || seen.operation?.includes(' /v1/') !== true) return
      const of = worlds.at(seen.world, () => ({ tokens: 0, calls: 0, latest: undefined, needless: [], count: 0 }))
      if (seen.operation !== getToken) {
        of.calls++
        if (seen.status === 401) of.latest = undefined
        return
      }
      if (seen.status !== 200 || !seen.heard) return
      of.tokens++
      if (of.latest !== undefined && elapsed(of.latest.end, seen.start) < useful) {
        of.count++
        if (of.needless.length <= needlessTokensAllowed) of.needless.push(seen)
      }
      of.latest = seen
    },
    found() {
      const proof = createProof()
      let [tokens, calls, needless] = [0, 0, 0]
      for (const world of worlds.values()) {
        if (world.count <= needlessTokensAllowed || world.calls >= callsPerToken * world.tokens) continue
        for (const seen of world.needless) proof.add(seen)
        tokens += world.tokens
        calls += world.calls
        needless += world.count
      }
      const found = proof.found(`fetched ${counted(tokens, 'token')} for ${counted(calls, 'call')}`)
      return found && { ...found, count: needless }
    },
  }
}

/** Requests that no world is known for, as their credentials are absent or bad. */
export function rejectedCredentials(): Rule {
  const proof = createProof()
  let first = ''
  return {
    see(seen) {
      if (seen.world !== null || seen.status !== 401) return
      first ||= messageIn(seen)
      proof.add(seen)
    },
    found: () =>
      proof.found(`sent ${counted(proof.count, 'request')} with no or bad credentials (${first.split(':', 1)[0]})`),
  }
}
