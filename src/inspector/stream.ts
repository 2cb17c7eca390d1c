import type { Exchange } from '../../schemas/journal.ts'

/** An exchange with its world. */
export interface Seen {
  readonly world: string
  readonly exchange: Exchange
}

export interface StreamListener {
  onExchanges(seen: readonly Seen[]): void
  /** Jobs entered states; which ones is asked for again. */
  onJobs(jobIds: ReadonlySet<string>): void
  onConnection(isThere: boolean): void
}

/** Milliseconds between updates of the page: few enough to seem live, enough to stay responsive under load. */
const beat = 200

/** Milliseconds of quiet after a burst in which requests were left out, until they are asked for. */
const afterBurst = 1000

/**
 * Follows what happens in a world, or in all of them. The browser connects again by itself, and says what it saw last.
 *
 * @returns ends it
 */
export function follow(world: string | undefined, listener: StreamListener): () => void {
  let exchanges: Seen[] = []
  let jobs = new Set<string>()
  let missedAt: number | undefined
  let source = open()

  /** Opens the stream at the last thousand exchanges. The listener skips those that it has. */
  function open(): EventSource {
    const source = new EventSource(
      `/_emulator/stream?after=0${world === undefined ? '' : `&world=${encodeURIComponent(world)}`}`,
    )
    source.addEventListener('exchange', ({ data }: MessageEvent<string>) => {
      exchanges.push(JSON.parse(data) as Seen)
      if (exchanges.length > 1000) exchanges = exchanges.slice(-1000)
    })
    source.addEventListener('transition', ({ data }: MessageEvent<string>) => {
      jobs.add((JSON.parse(data) as { jobId: string }).jobId)
    })
    source.addEventListener('open', () => listener.onConnection(true))
    source.addEventListener('error', () => listener.onConnection(false))
    source.addEventListener('missed', () => {
      missedAt = Date.now()
    })
    return source
  }

  const timer = setInterval(() => {
    const [seen, moved] = [exchanges, jobs]
    ;[exchanges, jobs] = [[], new Set()]
    if (missedAt !== undefined && Date.now() - missedAt > afterBurst) {
      missedAt = undefined
      source.close()
      source = open()
    }
    if (seen.length > 0) listener.onExchanges(seen)
    if (moved.size > 0 || seen.some(({ exchange }) => exchange.method !== 'GET')) listener.onJobs(moved)
  }, beat)
  return () => {
    clearInterval(timer)
    source.close()
  }
}
