import { createHash, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { bits, boolean, field, integer, objectId, octets, plainField, sequence, set, text, time } from './der.ts'

/** A certificate authority made for one run, with the certificate that it issued. It lives in memory; its own key is not kept. */
export interface Authority {
  /** PEM: what clients are to trust. */
  readonly certificate: string
  /** PEM: what the vendor's hosts show, and the key to it. */
  readonly leaf: { readonly certificate: string; readonly key: string }
}

const day = 24 * 60 * 60 * 1000
const authorityName = 'bytenite-emulator exec, this run only'

/**
 * Makes an authority and a certificate for some hosts (RFC 5280), good for a day. The authority may issue for these hosts and no
 * others, so that a client that trusts it gives away nothing else.
 *
 * @param hosts names that the certificate is for, at least one
 * @param now milliseconds since 1970; the certificates begin a day earlier, for clocks that differ
 * @param random makes that many random bytes
 */
export async function createAuthority(
  hosts: readonly string[],
  now: number,
  random: (size: number) => Buffer,
): Promise<Authority> {
  const [issuer, leaf] = await Promise.all([keyPair(), keyPair()])
  const names = hosts.map((host) => plainField(dnsName, Buffer.from(host)))
  const certify = (keys: KeyPair, name: string, extensions: readonly Buffer[]): string =>
    certificate({
      serial: random(16),
      from: now - day,
      to: now + day,
      name,
      keys,
      issuer,
      extensions: [...extensions, extension('subjectKeyIdentifier', octets(keyIdentifier(keys)))],
    })
  return {
    certificate: certify(issuer, authorityName, [
      extension('basicConstraints', sequence(boolean(true), integer(Buffer.of(0))), critical),
      extension('keyUsage', bits(Buffer.of(keyCertSign | cRLSign), 1), critical),
      extension('nameConstraints', sequence(field(0, ...names.map((name) => sequence(name)))), critical),
    ]),
    leaf: {
      certificate: certify(leaf, hosts[0]!, [
        extension('basicConstraints', sequence(), critical),
        extension('keyUsage', bits(Buffer.of(digitalSignature), 7), critical),
        extension('extKeyUsage', sequence(objectId(serverAuth))),
        extension('subjectAltName', sequence(...names)),
        extension('authorityKeyIdentifier', sequence(plainField(0, keyIdentifier(issuer)))),
      ]),
      key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    },
  }
}

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** Of the kind that every client knows and that takes no time to make. */
const keyPair = (): Promise<KeyPair> => promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })

interface CertificateContent {
  readonly serial: Buffer
  /** Milliseconds since 1970. */
  readonly from: number
  readonly to: number
  readonly name: string
  readonly keys: KeyPair
  readonly issuer: KeyPair
  readonly extensions: readonly Buffer[]
}

/** A certificate as PEM, signed by the authority. */
function certificate({ serial, from, to, name, keys, issuer, extensions }: CertificateContent): string {
  const algorithm = sequence(objectId(ecdsaWithSha256))
  const content = sequence(
    field(0, integer(Buffer.of(version3))),
    integer(positive(serial)),
    algorithm,
    nameOf(authorityName),
    sequence(time(from), time(to)),
    nameOf(name),
    publicKeyOf(keys),
    field(3, sequence(...extensions)),
  )
  const whole = sequence(content, algorithm, bits(sign('sha256', content, issuer.privateKey)))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

const version3 = 2
const dnsName = 2
const critical = true
const [digitalSignature, keyCertSign, cRLSign] = [0x80, 0x04, 0x02]

const ecdsaWithSha256 = '1.2.840.10045.4.3.2'
const commonName = '2.5.4.3'
const serverAuth = '1.3.6.1.5.5.7.3.1'
const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
}

const extension = (name: keyof typeof extensionIds, value: Buffer, isCritical = false): Buffer =>
  sequence(objectId(extensionIds[name]), ...(isCritical ? [boolean(true)] : []), octets(value))

const nameOf = (name: string): Buffer => sequence(set(sequence(objectId(commonName), text(name))))

const publicKeyOf = ({ publicKey }: KeyPair): Buffer => publicKey.export({ type: 'spki', format: 'der' })

/** Anything that differs from key to key will do. */
const keyIdentifier = (keys: KeyPair): Buffer => createHash('sha1').update(publicKeyOf(keys)).digest()

/** Without the sign, and with no zeros before it. */
const positive = (bytes: Buffer): Buffer => Buffer.from([(bytes[0]! & 0x3f) | 0x40, ...bytes.subarray(1)])
