import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { described } from './descriptions.js'

/**
 * Writes the declarations of what the package exports, and of nothing else: a user's compiler need not read the types of a whole
 * server, nor have those of packages that the bundle hides.
 *
 * @param {string} root
 * @param {string} dist
 * @param {readonly string[]} modules names of files in src/
 * @param {readonly string[]} schemas names of files in schemas/
 */
export async function writeDeclarations(root, dist, modules, schemas) {
  const inputs = [
    ...modules.map((name) => [name, join(root, 'src', `${name}.ts`)]),
    ...schemas.map((name) => [`schemas/${name}`, join(root, 'schemas', `${name}.ts`)]),
  ]
  const bundle = await rollup({
    input: Object.fromEntries(inputs),
    plugins: [dts({ tsconfig: join(root, 'tsconfig.json'), compilerOptions: { stripInternal: true } })],
    external: (id) => /^[@a-z]/.test(id),
  })
  // Those of the CommonJS files speak of the CommonJS types of TypeBox, which the compiler takes for others.
  for (const ending of ['d.ts', 'd.cts']) {
    await bundle.write({ dir: dist, entryFileNames: `[name].${ending}`, chunkFileNames: `types/[name].${ending}` })
  }
  await bundle.close()
  for (const name of schemas) {
    const file = join(dist, 'schemas', name)
    const exported = await import(pathToFileURL(`${file}.js`).href)
    for (const ending of ['d.ts', 'd.cts']) {
      const text = readFileSync(`${file}.${ending}`, 'utf8')
      writeFileSync(`${file}.${ending}`, described(text, exported))
    }
  }
}
