import { spawnSync } from 'node:child_process'
import { availableParallelism, totalmem } from 'node:os'
import { extname } from 'node:path'
import { counted } from '../base/plain-text.ts'
import type { Settings } from '../settings/settings.ts'
import type { Block } from '../domain/runs/block.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** Problems and needs that are shown at most. */
const most = 10

/** Checks what the blocks of `--apps` need: files that can be read, an interpreter, cores, memory. Nothing if there are none. */
export async function checkBlocks({ apps, python }: Settings): Promise<Finding[]> {
  if (apps.length === 0) return []
  const { openBlockFolders } = await import('../runner/folders.ts')
  try {
    const { blocks, templates, problems } = openBlockFolders(apps)
    const inPython = blocks.filter(({ entrypoint }) => extname(entrypoint) === '.py')
    return [
      ok(`--apps: ${counted(blocks.length, 'block')} and ${counted(templates.size, 'template')}`),
      ...problems.slice(0, most).map((text) => warning(`--apps: ${text}`)),
      ...(inPython.length === 0 ? [] : [checkPython(python, inPython)]),
      ...blocks.flatMap((block) => needsOf(block)).slice(0, most),
    ]
  } catch (error) {
    return [problem((error as Error).message)]
  }
}

function checkPython(python: string, blocks: readonly Block[]): Finding {
  const { status, stdout, error } = spawnSync(
    python,
    ['-c', 'import sys; print(sys.version.split()[0], sys.executable)'],
    {
      encoding: 'utf8',
      timeout: 10_000,
    },
  )
  const tags = blocks.map(({ tag }) => tag).join(', ')
  if (status === 0) return ok(`Python ${stdout.trim().replace(' ', ' at ')} runs ${tags}`)
  const reason = error === undefined ? `it ends with ${status ?? 'a signal'}` : error.message
  return problem(`--python ${python} cannot run ${tags}: ${reason}; name another interpreter with --python`)
}

/** Needs of a block that this machine may not meet. */
function needsOf({ tag, image, minCpu, minMemory }: Block): Finding[] {
  const [cores, memory] = [availableParallelism(), Math.round(totalmem() / 1024 ** 3)]
  const lacks = [
    ...(minCpu > cores ? [`${minCpu} cores (here: ${cores})`] : []),
    ...(minMemory > memory ? [`${minMemory} GiB of memory (here: ${memory})`] : []),
  ]
  const isPlain = image === '' || /^(?:python|node)(?::|$)/.test(image)
  return [
    ...(lacks.length === 0 ? [] : [warning(`${tag} asks for ${lacks.join(' and ')}`)]),
    ...(isPlain
      ? []
      : [warning(`${tag}: image ${image} is not used; its libraries must be there for the interpreter`)]),
  ]
}
