import type { Sightings } from '../intercept/interception.ts'
import { vendorHost } from '../intercept/vendor.ts'

/** Notes for the user on connections between the program and the emulator. */
export function sightingsText({ refused, untrusted, unused }: Sightings): string {
  const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
  const lines = [
    ...[...untrusted].map(
      ([reason, count]) =>
        `a client refused the certificate for ${vendorHost} ${times(count)} (${reason}): it pins certificates, or trusts ` +
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
