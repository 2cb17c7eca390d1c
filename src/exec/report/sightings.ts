import type { Sightings } from '../intercept/interception.ts'
import { vendorHost } from '../intercept/vendor.ts'

/** The reason of a handshake that failed because the client speaks HTTP/2 only, in the words of TLS. */
export const noCommonProtocol = 'no application protocol'

/** Notes for the user on connections between the program and the emulator. */
export function sightingsText({ refused, untrusted, unused }: Sightings): string {
  const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
  const lines = [
    ...[...untrusted].map(([reason, count]) =>
      reason === noCommonProtocol
        ? `a client offered HTTP/2 alone ${times(count)}, which exec does not speak: let it speak HTTP/1.1, too`
        : `a client refused the certificate for ${vendorHost} ${times(count)} (${reason}): it pins certificates, or trusts ` +
          'none but those it brings',
    ),
    ...(unused === 0
      ? []
      : [
          `a client closed its connection to ${vendorHost} ${times(unused)} without a request, as one does that pins certificates`,
        ]),
    ...[...refused].map(([target, count]) => `refused ${target} ${times(count)}, because of --offline`),
  ]
  return lines.map((line) => `bytenite-emulator: ${line}\n`).join('')
}
