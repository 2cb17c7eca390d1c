import { createHmac } from 'node:crypto'
import { formatTimestamp, type Micros } from './timestamps.ts'

/** What a signed link leads to. */
export interface LinkTarget {
  readonly bucket: 'bytenite-uploads-prod' | 'bytenite-results-prod'
  readonly world: string
  readonly jobId: string
  /** Name of the file, which may hold folders. */
  readonly file: string
}

/** Seconds that a link lives; the saved link of the service says so (observed). */
export const linkLifetime = 14_399

/**
 * Path and query of a link to storage, in the shape of the service's own: a V4-signed URL (observed). The service account in
 * the credential names the world (chosen), since ids of jobs belong to a world.
 *
 * @param signedAt moment on the world's clock
 */
export function signLink(target: LinkTarget, signedAt: Micros, secret: string): string {
  const stamp = formatTimestamp(signedAt)
  const date = stamp.slice(0, 10).replaceAll('-', '')
  const path = `/${target.bucket}/${encodeURIComponent(target.jobId)}/${target.file.split('/').map(encodeURIComponent).join('/')}`
  const query = new URLSearchParams({
    'X-Goog-Algorithm': 'GOOG4-RSA-SHA256',
    'X-Goog-Credential': `${target.world}@bytenite-emulator.iam.gserviceaccount.com/${date}/auto/storage/goog4_request`,
    'X-Goog-Date': `${date}T${stamp.slice(11, 19).replaceAll(':', '')}Z`,
    'X-Goog-Expires': String(linkLifetime),
    'X-Goog-SignedHeaders': 'host',
  }).toString()
  return `${path}?${query}&X-Goog-Signature=${signature(`${path}?${query}`, secret)}`
}

/** 512 hexadecimal digits, as long as the RSA signature that stands there in the service's links. */
function signature(text: string, secret: string): string {
  const parts = [0, 1, 2, 3].map((part) => createHmac('sha512', secret).update(`${part} ${text}`).digest('hex'))
  return parts.join('')
}
