/** Microseconds since 1970-01-01T00:00:00Z, a whole number. The unit of every moment inside the emulator. */
export type Micros = number

export const microsPerSecond = 1_000_000

const secondsPerDay = 86_400

/** The last moment that a clock shows. Moments beyond it are cut to it. */
export const endOfTime: Micros = Date.UTC(9999, 11, 31, 23, 59, 59, 999) * 1000

/** Seconds that a google.protobuf.Timestamp can hold: the years 1 to 9999. */
const firstSecond = Date.parse('0001-01-01T00:00:00Z') / 1000
const lastSecond = Date.parse('9999-12-31T23:59:59Z') / 1000

/** A moment as finely as a client can write it. */
export interface Moment {
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  readonly seconds: number
  /** Nanoseconds after the second. */
  readonly nanos: number
}

/** The day that was formatted last: most moments lie in the same one, and to name a day takes the longest. */
let named = { day: NaN, text: '' }

const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/** RFC 3339 in UTC with none, three, six or nine digits, as protojson writes a timestamp (measured). */
export function formatTimestamp(at: Micros): string {
  const moment = Math.min(at, endOfTime)
  // By milliseconds, as a double holds no more of the far future.
  const millis = Math.floor(moment / 1000)
  const second = Math.floor(millis / 1000)
  const day = Math.floor(second / secondsPerDay)
  if (day !== named.day) named = { day, text: new Date(day * secondsPerDay * 1000).toISOString().slice(0, -13) }
  const ofDay = second - day * secondsPerDay
  const ofHour = ofDay % 3600
  const time = `${twoDigits[(ofDay - ofHour) / 3600]}:${twoDigits[Math.floor(ofHour / 60)]}:${twoDigits[ofHour % 60]}`
  const thousandths = millis - second * 1000
  const micros = moment - millis * 1000
  const fraction =
    micros !== 0
      ? `.${String(thousandths * 1000 + micros).padStart(6, '0')}`
      : thousandths === 0
        ? ''
        : `.${String(thousandths).padStart(3, '0')}`
  return `${named.text}${time}${fraction}Z`
}

/** The same of a moment that a client wrote. */
export function formatMoment({ seconds, nanos }: Moment): string {
  const fraction = String(nanos)
    .padStart(9, '0')
    .replace(/^(?:0{9}|(...)0{6}|(.{6})000)$/, '$1$2')
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/

/**
 * Reads RFC 3339 as Go's `time.Parse` does (measured): the fraction after a point or a comma, an hour of one digit, offsets up to
 * 24 hours.
 *
 * @returns the moment, also one that a Timestamp cannot hold, or undefined if the text has another form
 */
function readMoment(text: string): Moment | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [, date, hour, minute, second, fraction = '', sign, zoneHour = '0', zoneMinute = '0'] = match
  const day = new Date(`${date!}T00:00:00Z`)
  // The parser takes the 31st of every month; a date that does not exist reads back as another one.
  if (Number.isNaN(day.getTime()) || day.getUTCDate() !== Number(date!.slice(8))) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(zoneHour) > 24 || Number(zoneMinute) > 60) return undefined
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -60 : 60)
  const time = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  return { seconds: day.getTime() / 1000 + time - offset, nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) }
}

const isInRange = ({ seconds }: Moment): boolean => seconds >= firstSecond && seconds <= lastSecond

/** More digits after a point than protojson takes; a comma it does not look for (measured). */
const tooManyDigits = /\.\d{10}/

/** Reads a timestamp in full. @returns undefined if the text is not one, or is out of the range of a Timestamp */
export function parseMoment(text: string): Moment | undefined {
  const moment = readMoment(text)
  return moment !== undefined && isInRange(moment) && !tooManyDigits.test(text) ? moment : undefined
}

/**
 * Reads a timestamp.
 *
 * @returns microseconds (finer digits are cut), or undefined if the text is not a timestamp
 */
export function parseTimestamp(text: string): Micros | undefined {
  const moment = parseMoment(text)
  return moment === undefined ? undefined : moment.seconds * microsPerSecond + Math.floor(moment.nanos / 1000)
}

/** Tells why a text is not a timestamp: its form, or a moment that a Timestamp cannot hold, which is looked at before the digits. */
export function timestampFault(text: string): 'form' | 'range' {
  const moment = readMoment(text)
  return moment === undefined || isInRange(moment) ? 'form' : 'range'
}
