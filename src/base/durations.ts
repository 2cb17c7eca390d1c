import type { Micros } from './timestamps.ts'

const units: Readonly<Record<string, Micros>> = {
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
}

const iso =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * Reads a duration: `90s`, `10m`, `1500ms`, `2h`, `1d`, ISO 8601 up to weeks (`PT1H30M`), or a plain number of milliseconds.
 *
 * @returns microseconds, or undefined if the text is not a duration
 */
export function parseDuration(text: string): Micros | undefined {
  const simple = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text)
  if (simple !== null) return Math.round(Number(simple[1]) * units[simple[2] ?? 'ms']!)
  const match = iso.exec(text)
  if (match === null || text.length < 3 || text.endsWith('T')) return undefined
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  return Math.round(
    (weeks * 7 + days) * units['d']! + hours * units['h']! + minutes * units['m']! + seconds * units['s']!,
  )
}
