import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** A certificate authority made for one run, with the certificate that it issued. It lives in memory; its own key is not kept. */
export interface Authority {
  /** PEM: what clients are to trust. */
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
  const certify = (keys: KeyPair, name: string): forge.pki.Certificate => {
    const certificate = forge.pki.createCertificate()
    certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey)
    // A leading 0 bit keeps the number positive, a 1 bit keeps it from beginning with zeros.
    certificate.serialNumber = `40${random(15).toString('hex')}`
    certificate.validity.notBefore = new Date(now - day)
    certificate.validity.notAfter = new Date(now + day)
    certificate.setSubject([{ name: 'commonName', value: name }])
    certificate.setIssuer([{ name: 'commonName', value: authorityName }])
    return certificate
  }
  const authority = certify(authorityKeys, authorityName)
  const leaf = certify(leafKeys, hosts[0]!)
  const keyIdentifier = authority.generateSubjectKeyIdentifier().getBytes()

  authority.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
    { id: '2.5.29.30', critical: true, value: permittedNames(hosts) },
  ])
  leaf.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: dnsName, value })) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier },
  ])
  const signer = forge.pki.privateKeyFromPem(authorityKeys.privateKey)
  for (const certificate of [authority, leaf]) certificate.sign(signer, forge.md.sha256.create())
  return {
    certificate: forge.pki.certificateToPem(authority),
    leaf: { certificate: forge.pki.certificateToPem(leaf), key: leafKeys.privateKey },
  }
}

const authorityName = 'bytenite-emulator exec, this run only'

/** The kind of a general name that is a host's (RFC 5280, 4.2.1.6). */
const dnsName = 2

interface KeyPair {
  readonly publicKey: string
  readonly privateKey: string
}

/** RSA, as the library signs with nothing else; made by Node.js, which is many times faster at it. */
const keyPair = (): Promise<KeyPair> =>
  promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    // The library reads no other form.
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })

/** The value of the extension that limits an authority to some hosts (RFC 5280, 4.2.1.10). */
function permittedNames(hosts: readonly string[]): string {
  const { asn1 } = forge
  const sequence = (...parts: forge.asn1.Asn1[]) => asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts)
  const permitted = hosts.map((host) =>
    sequence(asn1.create(asn1.Class.CONTEXT_SPECIFIC, dnsName as forge.asn1.Type, false, host)),
  )
  return asn1.toDer(sequence(asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, permitted))).getBytes()
}
