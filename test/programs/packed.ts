// What `npm pack` makes, as a stranger would have it: in an empty folder that has the declared dependencies and nothing else. They
// are linked from this checkout, so that no registry is asked. `npm test` builds what is packed.
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { packageRoot } from '../../src/base/package.ts'

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, { readonly import: { readonly default: string } }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Tarball {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
}

interface Ended {
  readonly code: number | string | null
  readonly output: string
}

/** Packs the package and installs it in a folder of its own, whose package.json has the fields given. */
export function packed(t: Test, fields: object = { type: 'module' }) {
  const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
  // Not inside of the checkout, whose node_modules would lend what the package lacks.
  const folder = mkdtempSync(join(tmpdir(), 'bytenite-emulator-package-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, ...fields }))
  const installed = join(folder, 'node_modules', 'bytenite-emulator')
  mkdirSync(installed, { recursive: true })

  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const [tarball] = JSON.parse(
    execFileSync('npm', pack, {
      cwd: packageRoot,
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    }),
  ) as [Tarball]
  execFileSync('tar', ['-xzf', join(folder, tarball.filename), '--strip-components=1', '-C', installed])
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest

  /** Links a package of this checkout into the empty folder. */
  function link(name: string): void {
    const place = join(folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(packageRoot, 'node_modules', name), place)
  }
  const { dependencies, optionalDependencies, peerDependencies } = manifest
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) link(name)
  mkdirSync(join(folder, 'node_modules', '.bin'))
  symlinkSync(
    join('..', 'bytenite-emulator', manifest.bin['bytenite-emulator']!),
    join(folder, 'node_modules', '.bin', 'bytenite-emulator'),
  )

  const run = (command: string, ...args: string[]): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(command, args, { cwd: folder, env: environment }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? null), output: stdout + stderr }),
      )
    })
  return { folder, installed, link, manifest, run, tarball }
}
