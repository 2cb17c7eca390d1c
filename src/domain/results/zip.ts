import type { ResultFile } from './result-file.ts'

/** The same moment in every archive, so that the same files give the same bytes; the format begins in 1980. */
const mtime = new Date(1980, 0, 1)

/** The assembler `zipper`: all files of all tasks in one archive, under the name that it has there (observed). */
export const zipped = (files: readonly ResultFile[]): ResultFile => ({
  name: 'results_archive.zip',
  contentType: 'application/zip',
  bytes: () => archive(files),
})

/** Holds one file at a time. Nothing is compressed: what is worth it, pictures, is compressed already. */
async function* archive(files: readonly ResultFile[]): AsyncGenerator<Uint8Array> {
  const { Zip, ZipPassThrough } = await import('fflate')
  const ready: Uint8Array[] = []
  const zip = new Zip((error, data) => {
    if (error !== null) throw error
    ready.push(data)
  })
  for (const file of files) {
    const entry = new ZipPassThrough(file.name)
    entry.mtime = mtime
    zip.add(entry)
    for await (const bytes of file.bytes()) {
      entry.push(bytes)
      yield* ready.splice(0)
    }
    entry.push(new Uint8Array(0), true)
    yield* ready.splice(0)
  }
  zip.end()
  yield* ready.splice(0)
}
