import { urlOf } from '../base/address.ts'
import { ConfigError, type Settings } from '../settings/settings.ts'

/**
 * The address under which this machine reaches the emulator that the settings describe.
 *
 * @param url what `--url` says; wins over host and port. Null: the command has no such option
 * @throws ConfigError if that is not a URL, or the port is one that was not chosen yet
 */
export function addressOf({ host, port }: Pick<Settings, 'host' | 'port'>, url: string | null | undefined): string {
  if (url !== undefined && url !== null) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new ConfigError(`--url ${JSON.stringify(url)}: expected a URL, as in http://127.0.0.1:2983`)
    }
    return new URL(url).origin
  }
  if (port === 0) {
    throw new ConfigError(`--port 0 means "any free port"; pass the real port${url === null ? '' : ', or --url'}`)
  }
  return urlOf(host, port)
}
