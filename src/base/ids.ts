import { createHash, randomUUID } from 'node:crypto'
import { setImmediate } from './timers.ts'

/** Where fresh ids come from; tests may pass their own. */
export interface Ids {
  /** A lower-case UUID v4, the only form of id that saved answers of the service show. */
  uuid(): string
}

/** Hexadecimal digits that the ids of one turn share. */
const shared = 3

/**
 * Random ids. Those of one turn of the event loop begin with the same three digits, so that jobs which are committed together lie
 * together in the index of ids: else each writes a page of its own, which takes a tenth of a create under load.
 */
export function randomIds(): Ids {
  let beginning = ''
  return {
    uuid() {
      const id = randomUUID()
      if (beginning === '') {
        beginning = id.slice(0, shared)
        setImmediate(() => (beginning = ''))
      }
      return beginning + id.slice(shared)
    },
  }
}

/** An id that is always the same for the same name: a UUID made from a hash. */
export function uuidFromName(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isUuid = (text: string): boolean => uuid.test(text)

/** One spelling for an id: a UUID is lower case, anything else is left as it is. */
export const normaliseId = (id: string): string => (isUuid(id) ? id.toLowerCase() : id)
