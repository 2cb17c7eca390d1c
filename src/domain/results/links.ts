import { createHmac, timingSafeEqual } from 'node:crypto'
import { permissionDenied } from '../../base/errors.ts'
import { formatTimestamp, type Micros, microsPerSecond, parseTimestamp } from '../../base/timestamps.ts'

/** The target of a signed link. */
export interface LinkTarget {
  readonly bucket: Bucket
  readonly world: string
  /** The job, or the block, that the file belongs to. */
  readonly jobId: string
  /** Name of the file, which may hold folders. */
  readonly file: string
}

/** Where the service kept files: what clients put, and what jobs made, what clients pushed (the second observed, the others chosen after it). */
export type Bucket = 'bytenite-uploads-prod' | 'bytenite-results-prod' | 'bytenite-blocks-prod'

/** Seconds that a link lives; the saved link of the service says so (observed). */
export const linkLifetime = 14_399

/** How far a link may lie ahead of the clock that it is held against, as at Google Cloud Storage. */
const skew = 15 * 60 * microsPerSecond

const account = 'bytenite-emulator.iam.gserviceaccount.com'

/**
 * Path and query of a link to storage, in the shape of the service's own: a V4-signed URL (observed). The service account in
 * the credential names the world (chosen), since ids of jobs belong to a world. The host is not part of what is signed: the
 * emulator goes by many names (chosen).
 *
 * @param signedAt moment on the world's clock
 */
export function signLink(target: LinkTarget, signedAt: Micros, secret: string): string {
  const stamp = formatTimestamp(signedAt)
  const date = stamp.slice(0, 10).replaceAll('-', '')
  return signed(target, secret, `${date}T${stamp.slice(11, 19).replaceAll(':', '')}Z`, String(linkLifetime))
}

function signed(target: LinkTarget, secret: string, stamp: string, expires: string): string {
  const path = `/${target.bucket}/${encodeURIComponent(target.jobId)}/${target.file.split('/').map(encodeURIComponent).join('/')}`
  const query = new URLSearchParams({
    'X-Goog-Algorithm': 'GOOG4-RSA-SHA256',
    'X-Goog-Credential': `${target.world}@${account}/${stamp.slice(0, 8)}/auto/storage/goog4_request`,
    'X-Goog-Date': stamp,
    'X-Goog-Expires': expires,
    'X-Goog-SignedHeaders': 'host',
  }).toString()
  return `${path}?${query}&X-Goog-Signature=${signature(`${path}?${query}`, secret)}`
}

/** 512 hexadecimal digits, as long as the RSA signature that stands there in the service's links. */
function signature(text: string, secret: string): string {
  const parts = [0, 1, 2, 3].map((part) => createHmac('sha512', secret).update(`${part} ${text}`).digest('hex'))
  return parts.join('')
}

/** A link whose signature is good; whether its time has come and not passed is for the world's clock to say. */
export interface Link extends LinkTarget {
  readonly signedAt: Micros
  readonly expiresAt: Micros
}

/**
 * Reads a link that was signed here. The order of the query does not matter, nor do escapes that need not be.
 *
 * @param url path and query, as they were asked for
 * @throws ApiError 403 if anything was altered (inferred: storage refuses what it cannot verify)
 */
export function readLink(url: string, secret: string): Link {
  const end = url.includes('?') ? url.indexOf('?') : url.length
  const query = new URLSearchParams(url.slice(end + 1))
  const [, bucket, jobId = '', ...file] = url.slice(0, end).split('/').map(unescaped)
  const world = query.get('X-Goog-Credential')?.split('@', 1)[0] ?? ''
  const target: LinkTarget = { bucket: bucket as Bucket, jobId, world, file: file.join('/') }
  const stamp = query.get('X-Goog-Date') ?? ''
  const expires = query.get('X-Goog-Expires') ?? ''
  const expected = new URLSearchParams(signed(target, secret, stamp, expires).split('?', 2)[1])
  if (!sameQuery(query, expected)) {
    throw permissionDenied('the signature of this link is missing or wrong: use the link as the API gave it')
  }
  const signedAt = parseTimestamp(stamp.replace(/^(.{4})(..)(..T..)(..)/, '$1-$2-$3:$4:'))!
  return { ...target, signedAt, expiresAt: signedAt + Number(expires) * microsPerSecond }
}

/** @throws ApiError 403 if the link has expired, or is of a time that is yet to come */
export function assertCurrent({ signedAt, expiresAt }: Link, now: Micros): void {
  if (now >= expiresAt) {
    throw permissionDenied(`this link expired at ${formatTimestamp(expiresAt)}: ask the API for a new one`)
  }
  if (signedAt > now + skew) {
    throw permissionDenied(
      `this link is of ${formatTimestamp(signedAt)}, before the world was reset: ask for a new one`,
    )
  }
}

function unescaped(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function sameQuery(given: URLSearchParams, expected: URLSearchParams): boolean {
  if ([...given].length !== [...expected].length) return false
  return [...expected].every(([name, value]) => {
    const [a, b] = [Buffer.from(given.get(name) ?? ''), Buffer.from(value)]
    return a.length === b.length && timingSafeEqual(a, b)
  })
}
