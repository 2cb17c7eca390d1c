import type { ServiceSettings } from './settings.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i

/**
 * Refuses to run code if others than the user of this machine could ask for it. No flag overrides this.
 *
 * @param host the address that the emulator listens on; null: none
 * @throws Error with a sentence that says why, and the way out
 */
export function assertMayRun(
  { runApps }: Pick<ServiceSettings, 'runApps'>,
  host: string | null,
  platform: NodeJS.Platform = process.platform,
): void {
  if (runApps === 'off') return
  if (platform === 'win32') {
    throw new Error('--run-apps does not work on Windows, which lacks process groups; use WSL, or leave it out')
  }
  if (host !== null && !loopback.test(host)) {
    throw new Error(
      `--run-apps runs programs on this machine, so it goes with a loopback address only, not with --host ${JSON.stringify(host)}: ` +
        'leave out one of the two (in a container image the host is 0.0.0.0, so blocks cannot be run there)',
    )
  }
}
