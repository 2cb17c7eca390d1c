// Leaves the script `prepare` out of what `npm pack` packs. It builds installs from git, and never runs in a package; but npm 11 warns of
// it in every install of a tarball. `prepack` calls this, and `postpack` with `--restore`, which also mends a pack that was
// interrupted. `clean-package` does the same for a list of fields, and was not taken for one.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const manifest = join(import.meta.dirname, '..', 'package.json')
const original = `${manifest}.orig`

if (process.argv.includes('--restore')) {
  if (existsSync(original)) renameSync(original, manifest)
} else {
  const text = readFileSync(manifest, 'utf8')
  const packed = text.replace(/^ *"prepare": .*\n/m, '')
  if (packed !== text) {
    writeFileSync(original, text)
    writeFileSync(manifest, packed)
  }
}
