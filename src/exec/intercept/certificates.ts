import { createHash, generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type forge from 'node-forge'
// X.509 alone: the whole library takes 7 ms longer to load.
import 'node-forge/lib/x509.js'
import loaded from 'node-forge/lib/forge.js'

/** A certificate authority made for one run, with the certificate that it issued. It lives in memory; its own key is not kept. */
export interface Authority {
  /** The certificate that clients must trust, as PEM. */
  readonly certificate: string
  /** PEM: what the vendor's hosts show, and the key to it. */
  readonly leaf: { readonly certificate: string; readonly key: string }
}

const day = 24 * 60 * 60 * 1000

/**
 * Makes an authority and a certificate for some hosts, good for a day. The authority may issue for these hosts and no others, so
 * that a client that trusts it gives away nothing else.
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
  const [authorityKeys, leafKeys] = await Promise.all([keyPair(), keyPair()])
  const certify = (
    { publicKey }: KeyPair,
    name: string,
    extensions: readonly object[],
    more: readonly object[] = [],
  ): forge.asn1.Asn1 => {
    const certificate = pki.createCertificate()
    certificate.setSubject([{ name: 'commonName', value: name }])
    certificate.setIssuer([{ name: 'commonName', value: authorityName }])
    certificate.setExtensions([...extensions, { id: '2.5.29.14', value: octets(keyIdentifier(publicKey)) }, ...more])
    // A leading 0 bit keeps the number positive, a 1 bit keeps it from beginning with zeros.
    const serial = Buffer.concat([Buffer.from([0x40]), random(15)])
    return sequence(
      asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, [primitive(asn1.Type.INTEGER, '\x02')]),
      primitive(asn1.Type.INTEGER, serial.toString('latin1')),
      signatureAlgorithm(),
      pki.distinguishedNameToAsn1(certificate.issuer),
      sequence(...[now - day, now + day].map((at) => primitive(asn1.Type.UTCTIME, asn1.dateToUtcTime(new Date(at))))),
      pki.distinguishedNameToAsn1(certificate.subject),
      asn1.fromDer(publicKey.toString('latin1')),
      extensionsToAsn1(certificate.extensions),
    )
  }
  const authority = certify(authorityKeys, authorityName, [
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { id: '2.5.29.30', critical: true, value: permittedNames(hosts) },
  ])
  const leaf = certify(
    leafKeys,
    hosts[0]!,
    [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: dnsName, value })) },
    ],
    [{ name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(authorityKeys.publicKey) }],
  )
  return {
    certificate: signed(authority, authorityKeys.privateKey),
    leaf: { certificate: signed(leaf, authorityKeys.privateKey), key: leafKeys.privateKey },
  }
}

const authorityName = 'bytenite-emulator exec, this run only'

/** The kind of a general name that is a host's (RFC 5280, 4.2.1.6). */
const dnsName = 2

interface KeyPair {
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer
  /** PEM. */
  readonly privateKey: string
}

/** P-256: such keys are made in no time; RSA takes a tenth of a second or more. */
const keyPair = (): Promise<KeyPair> =>
  promisify(generateKeyPair)('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

// What follows is put together by hand, as `node-forge` knows certificates of RSA keys alone; `@peculiar/x509`, which knows all,
// brings 20 packages and half a megabyte.

const { asn1, pem, pki } = loaded
const primitive = (type: forge.asn1.Type, bytes: string): forge.asn1.Asn1 =>
  asn1.create(asn1.Class.UNIVERSAL, type, false, bytes)
const sequence = (...parts: forge.asn1.Asn1[]): forge.asn1.Asn1 =>
  asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts)
const octets = (bytes: string): forge.asn1.Asn1 => primitive(asn1.Type.OCTETSTRING, bytes)

/** Missing in the types of the library. */
const extensionsToAsn1 = (extensions: readonly object[]): forge.asn1.Asn1 =>
  (
    pki as unknown as { certificateExtensionsToAsn1(extensions: readonly object[]): forge.asn1.Asn1 }
  ).certificateExtensionsToAsn1(extensions)

/** ecdsa-with-SHA256 (RFC 5758, 3.2). */
const signatureAlgorithm = (): forge.asn1.Asn1 =>
  sequence(primitive(asn1.Type.OID, asn1.oidToDer('1.2.840.10045.4.3.2').getBytes()))

/** Names a key for those who look for its certificate. */
const keyIdentifier = (publicKey: Buffer): string => createHash('sha1').update(publicKey).digest('binary')

/** PEM of a certificate, signed. */
function signed(certificate: forge.asn1.Asn1, key: string): string {
  const signature = sign('sha256', Buffer.from(asn1.toDer(certificate).getBytes(), 'latin1'), key)
  // The first byte of a BIT STRING tells how many bits of its last one are unused.
  const bits = primitive(asn1.Type.BITSTRING, `\0${signature.toString('latin1')}`)
  const der = asn1.toDer(sequence(certificate, signatureAlgorithm(), bits)).getBytes()
  return pem.encode({ type: 'CERTIFICATE', body: der })
}

/** The value of the extension that limits an authority to some hosts (RFC 5280, 4.2.1.10). */
function permittedNames(hosts: readonly string[]): string {
  const permitted = hosts.map((host) =>
    sequence(asn1.create(asn1.Class.CONTEXT_SPECIFIC, dnsName as forge.asn1.Type, false, host)),
  )
  return asn1.toDer(sequence(asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, permitted))).getBytes()
}
