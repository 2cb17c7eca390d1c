/** Microseconds since 1970-01-01T00:00:00Z, a whole number. The unit of every moment inside the emulator. */
export type Micros = number

export const microsPerSecond = 1_000_000

/** The last moment RFC 3339 can write. Moments beyond it are cut to it. */
export const endOfTime: Micros = Date.UTC(9999, 11, 31, 23, 59, 59, 999) * 1000

/** RFC 3339 in UTC with six digits, as timestamps from the service's database looked (observed). */
export function formatTimestamp(at: Micros): string {
  const moment = Math.min(at, endOfTime)
  const millis = Math.floor(moment / 1000)
  const rest = moment - millis * 1000
  return `${new Date(millis).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/

/**
 * Reads RFC 3339 with `Z` or an offset and up to nine digits (proto3 JSON).
 *
 * @returns microseconds (finer digits are cut), or undefined if the text is not a timestamp
 */
export function parseTimestamp(text: string): Micros | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [, dateTime, fraction = '', zone] = match
  const seconds = Date.parse(`${dateTime}${zone}`)
  if (Number.isNaN(seconds) || dateTime!.startsWith('0000')) return undefined
  // Date.parse takes the 31st of every month; a date that does not exist reads back as another one.
  if (new Date(`${dateTime}Z`).toISOString().slice(0, 19) !== dateTime) return undefined
  return seconds * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}
