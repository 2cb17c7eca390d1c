import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { makeFolder } from '../../base/folders.ts'

/** Where systems keep the certificates they trust, in one file: Debian, Fedora, openSUSE, RHEL 7, Alpine and macOS. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Files by which clients trust an authority, besides all that they trusted before. */
export interface TrustFiles {
  /**
   * A PEM file with what another one has, and the authority.
   *
   * @param base a file, or a folder of them, that the user named; absent: what the system trusts
   */
  bundle(base?: string): string
  /** A PEM file with the authority, and with what another one has, if the user named one. */
  addition(base?: string): string
  /** A trust store for Java, of what the system trusts and the authority. */
  readonly javaStore: string
  /** A folder with a configuration of PHP that names such a bundle, which neither its curl nor its own TLS takes from a variable. */
  readonly phpFolder: string
  /** A configuration of wget that names such a bundle, with what another one has. */
  wgetConfiguration(base?: string): string
}

/** The password of the trust store for Java, which has to have one; nothing in it is secret. */
export const javaStorePassword = 'changeit'

/**
 * @param folder where the files go
 * @param certificate of the authority, as PEM
 */
export function writeTrustFiles(folder: string, certificate: string): TrustFiles {
  const written = new Map<string, string>()
  function write(name: string, base: string | undefined, content: () => string | Buffer): string {
    const key = `${name} ${base ?? ''}`
    const known = written.get(key)
    if (known !== undefined) return known
    const file = join(folder, written.size === 0 ? name : name.replace('.', `-${written.size}.`))
    writeFileSync(file, content())
    written.set(key, file)
    return file
  }
  const withAuthority = (trusted: string): string => `${trusted.trimEnd()}\n${certificate.trim()}\n`.trimStart()
  return {
    bundle: (base) => write('trusted.pem', base, () => withAuthority(base === undefined ? systemTrust() : pemOf(base))),
    addition: (base) => write('authority.pem', base, () => withAuthority(base === undefined ? '' : pemOf(base))),
    get phpFolder() {
      const place = join(folder, 'php')
      const bundle = JSON.stringify(this.bundle())
      makeFolder(place)
      writeFileSync(join(place, 'trust.ini'), `curl.cainfo=${bundle}\nopenssl.cafile=${bundle}\n`)
      return place
    },
    wgetConfiguration(base) {
      const own = base === undefined || !existsSync(base) ? '' : readFileSync(base, 'utf8')
      return write('wgetrc', base, () => `${own.trimEnd()}\nca_certificate = ${this.bundle()}\n`)
    },
    get javaStore() {
      return write('trusted.jks', undefined, () => toJavaStore(certificatesIn(withAuthority(systemTrust()))))
    },
  }
}

/**
 * The certificates that the system trusts: as Node.js finds them from 22.15 on, on every system; else those of a well-known
 * file; else, as in a small container, those that Node.js brings.
 */
function systemTrust(): string {
  const found = (tls as { getCACertificates?: (type: 'system') => string[] }).getCACertificates?.('system') ?? []
  if (found.length > 0) return found.join('\n')
  const file = systemBundles.find((candidate) => existsSync(candidate))
  return file === undefined ? tls.rootCertificates.join('\n') : readFileSync(file, 'utf8')
}

/** The text of a PEM file, or of all files of a folder. Unreadable files are left out, as most clients do. */
function pemOf(path: string): string {
  try {
    if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8')
    // Folders made by `openssl rehash` name each file a second time, by a link.
    const texts = readdirSync(path).map((name) => pemOf(join(path, name)))
    return [...new Set(texts.filter((text) => text.includes('-----BEGIN CERTIFICATE-----')))].join('\n')
  } catch {
    return ''
  }
}

/** The certificates of a PEM file, in DER. Parsing each would take a tenth of the time of an `exec`, so only their frame is checked. */
const certificatesIn = (pem: string): Buffer[] =>
  [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)]
    .map(([, text = '']) => Buffer.from(text, 'base64'))
    .filter(isSequence)

/** Tells if the bytes are one DER SEQUENCE with a length of two bytes, as every certificate is. Java refuses a store with other entries. */
const isSequence = (bytes: Buffer): boolean =>
  bytes.length > 4 && bytes.readUInt16BE(0) === 0x3082 && bytes.readUInt16BE(2) === bytes.length - 4

/**
 * A key store of Java's own format, with certificates only: a header, an entry for each, and a digest over all
 * (sun.security.provider.JavaKeyStore). Of PKCS #12 Java trusts only what bears a mark of its own, which no library makes.
 */
function toJavaStore(certificates: readonly Buffer[]): Buffer {
  const int = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  }
  const text = (value: string): Buffer => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(value.length)
    return Buffer.concat([length, Buffer.from(value, 'latin1')])
  }
  const [magic, version, trustedCertificate, createdAt] = [0xfeedfeed, 2, 2, Buffer.alloc(8)]
  const entries = certificates.flatMap((certificate, index) => [
    int(trustedCertificate),
    text(`trusted-${index}`),
    createdAt,
    text('X.509'),
    int(certificate.length),
    certificate,
  ])
  const body = Buffer.concat([int(magic), int(version), int(certificates.length), ...entries])
  const digest = createHash('sha1')
    .update(Buffer.from(javaStorePassword, 'utf16le').swap16())
    .update('Mighty Aphrodite')
    .update(body)
    .digest()
  return Buffer.concat([body, digest])
}
