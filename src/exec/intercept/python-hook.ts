import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../base/package.ts'
import { vendorHost } from './vendor.ts'

/** The addresses to which Python connects instead of the vendor's host. */
export interface PythonHook {
  /** Ports on this machine: for TLS, and for plain HTTP. */
  readonly tls: number
  readonly plain: number
  readonly offline: boolean
  /** Of the authority, as PEM. */
  readonly certificate: string
}

/**
 * Writes the module that Python loads before a program, `sitecustomize`, with the ports of this run in it. It is not a file of the
 * package itself, because Python writes compiled code next to it.
 *
 * @param folder where its folder is made
 * @returns the folder for PYTHONPATH
 */
export function writePythonHook(folder: string, { tls, plain, offline, certificate }: PythonHook): string {
  const values: Readonly<Record<string, string>> = {
    host: vendorHost,
    tls: String(tls),
    plain: String(plain),
    offline: String(offline),
    authority: certificate.trim(),
  }
  const source = readFileSync(join(packageRoot, 'dist', 'sitecustomize.py'), 'utf8')
  const place = join(folder, 'python')
  mkdirSync(place)
  writeFileSync(
    join(place, 'sitecustomize.py'),
    source.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]!),
  )
  return place
}
