/** `2026-01-02T03:04:05.678901Z` -> `03:04:05.678`, in local time. */
export function clockTime(timestamp: string): string {
  const date = new Date(timestamp)
  const digits = (value: number, length = 2): string => String(value).padStart(length, '0')
  return `${digits(date.getHours())}:${digits(date.getMinutes())}:${digits(date.getSeconds())}.${digits(date.getMilliseconds(), 3)}`
}

/** Date and time without the fraction, in local time. */
export function dateTime(timestamp: string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime())
    ? timestamp
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

/** A duration in milliseconds, as a person would say it. */
export function span(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = Math.round(milliseconds / 100) / 10
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `JOB_STATE_TASKS_COMPLETED` -> `Tasks completed`. */
export function stateName(state: string): string {
  const text = state
    .replace(/^JOB_STATE_/, '')
    .replaceAll('_', ' ')
    .toLowerCase()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A JSON text with line breaks; any other text as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** The kind of a status: decides its colour and its word. */
export function statusClass(status: number): 'lost' | 'ok' | 'redirect' | 'client' | 'server' {
  if (status === 0) return 'lost'
  if (status < 300) return 'ok'
  if (status < 400) return 'redirect'
  return status < 500 ? 'client' : 'server'
}
