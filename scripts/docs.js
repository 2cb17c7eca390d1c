// Writes the documents that are drawn from the program itself. test/docs.test.ts fails where they are behind.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
// Below the package, since its dependencies are looked for from there.
const folder = mkdtempSync(join(root, 'node_modules', '.docs-'))
try {
  const outfile = join(folder, 'documents.mjs')
  await build({
    absWorkingDir: root,
    entryPoints: ['scripts/documents.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  })
  const { generatedDocuments } = await import(pathToFileURL(outfile).href)
  for (const [file, text] of Object.entries(await generatedDocuments())) writeFileSync(join(root, file), text)
} finally {
  rmSync(folder, { recursive: true })
}
