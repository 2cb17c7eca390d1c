import type { Settings } from '../config.ts'

/** Milliseconds after which an emulator that does not answer counts as unwell. */
const patience = 2000

/**
 * Asks the emulator on this machine whether it is well.
 *
 * @throws Error where it is not, or not there
 */
export async function healthcheck({ host, port }: Pick<Settings, 'host' | 'port'>): Promise<void> {
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/_emulator/health`
  const answer = await fetch(url, { signal: AbortSignal.timeout(patience) }).catch((error: unknown) => {
    throw new Error(`no emulator answers at ${url}`, { cause: error })
  })
  if (!answer.ok) throw new Error(`the emulator at ${url} answered ${answer.status}`)
}
