import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { JobTemplateInput } from '../../schemas/templates.ts'
import { isObject } from '../base/objects.ts'
import { compileDecoder } from '../wire/decode.ts'
import { type Block, type BlockRegistry, longestManifest, readBlock } from '../domain/runs/block.ts'
import { makeTemplate, type Template } from '../domain/templates/template.ts'

/** Folders below one of `--apps` that are looked into, at most, and how deep. */
const most = { folders: 2000, depth: 5 } as const

/** Folders that hold no blocks, but many files. */
const skipped = /^\.|^(node_modules|__pycache__|venv)$/

const decodeTemplate = compileDecoder(JobTemplateInput, dataSourceTypes)

interface Found {
  readonly path: string
  /** Changes with the file. */
  readonly stamp: string
}

/**
 * Building blocks and templates in folders on the disk: every folder with a `manifest.json` is a block, every other `*.json` that
 * has `id` and `app`, `partitioner` or `assembler` a template. A file that cannot be used is a sentence, not an end.
 *
 * @throws Error if one of the folders is not there
 */
export function openBlockFolders(folders: readonly string[]): BlockRegistry {
  const roots = folders.map((folder) => resolve(folder))
  for (const root of roots) {
    if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new Error(`--apps ${JSON.stringify(root)} is not a folder; name one that holds building blocks`)
    }
  }
  let last = ''
  let blocks: readonly Block[] = []
  let templates: ReadonlyMap<string, Template> = new Map()
  let problems: readonly string[] = []

  function refresh(): void {
    const found = roots.flatMap((root) => jsonFilesBelow(root))
    const stamps = found.map(({ path, stamp }) => `${path} ${stamp}`).join('\n')
    if (stamps === last) return
    last = stamps
    const read = readAll(found.map(({ path }) => path))
    blocks = read.blocks
    templates = read.templates
    problems = read.problems
  }

  refresh()
  return {
    refresh,
    get blocks() {
      return blocks
    },
    get templates() {
      return templates
    },
    get problems() {
      return problems
    },
  }
}

function jsonFilesBelow(root: string): Found[] {
  const found: Found[] = []
  let visited = 0
  const visit = (folder: string, depth: number): void => {
    if (++visited > most.folders) return
    const entries = entriesOf(folder)
    // What is below a block is its own.
    const isBlock = entries.some(({ name }) => name === 'manifest.json')
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!isBlock && depth < most.depth && !skipped.test(entry.name)) visit(path, depth + 1)
      } else if (entry.name.endsWith('.json')) {
        const { mtimeMs = 0, size = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {}
        found.push({ path, stamp: `${mtimeMs} ${size}` })
      }
    }
  }
  visit(root, 0)
  return found
}

/** A folder that went away meanwhile, or that cannot be read, holds nothing. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

function readAll(paths: readonly string[]): Pick<BlockRegistry, 'blocks' | 'problems' | 'templates'> {
  const blocks: Block[] = []
  const templates = new Map<string, Template>()
  const problems: string[] = []
  for (const path of paths) {
    const isManifest = /[\\/]manifest\.json$/.test(path)
    try {
      const { size } = statSync(path)
      if (size > longestManifest) {
        if (isManifest) throw new Error(`${size} bytes: at most ${longestManifest} are read`)
        continue
      }
      const text = readFileSync(path, 'utf8')
      if (isManifest) {
        const block = readBlock(text, join(path, '..'))
        const twin = blocks.find(({ kind, tag }) => kind === block.kind && tag === block.tag)
        if (twin !== undefined)
          throw new Error(`${block.kind} ${block.tag} is in ${'folder' in twin.code ? twin.code.folder : ''} already`)
        blocks.push(block)
        continue
      }
      const value: unknown = JSON.parse(text)
      if (isTemplate(value)) {
        const input = decodeTemplate(JSON.stringify(value), []) as JobTemplateInput
        templates.set(
          input.id,
          makeTemplate(input, { owner: 'local', account: null, createdAt: null, updatedAt: null }),
        )
      }
    } catch (error) {
      if (isManifest || path.endsWith('template.json')) {
        const { message } = error instanceof Error ? error : { message: String(error) }
        problems.push(`${path}: ${message.replace(/^manifest\.json: /, '')}`)
      }
    }
  }
  return { blocks, templates, problems }
}

const isTemplate = (value: unknown): boolean =>
  isObject(value) && 'id' in value && ('app' in value || 'partitioner' in value || 'assembler' in value)
