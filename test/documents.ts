// Keeps the documents true: what they list is what the code has, both ways, and what they print runs as it is.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test } from 'tap'
import { packageRoot } from '../src/base/package.ts'

export const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8')

/** The page with the tables that the code has, too. */
export const local = 'docs/local-development.md'

/** Pages whose commands build on each other, from the first to the last. */
export const walkedPages = ['docs/quick-start.md', 'docs/templates-and-data-sources.md']

/** The part of a document from a heading to the next one of the same or a higher level. */
export function section(file: string, heading: string): string {
  const lines = read(file).split('\n')
  const start = lines.indexOf(heading)
  if (start === -1) throw new Error(`${file} has no heading "${heading}"`)
  const level = heading.indexOf(' ')
  const isEnd = (line: string) => /^#+ /.test(line) && line.indexOf(' ') <= level
  const length = lines.slice(start + 1).findIndex(isEnd)
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n')
}

/** The rows of the first table of a section. */
export function rows(file: string, heading: string): string[] {
  const lines = section(file, heading).split('\n')
  const start = lines.findIndex((line) => /^\|( *-+ *\|)+$/.test(line))
  const length = lines.slice(start + 1).findIndex((line) => !line.startsWith('|'))
  return start === -1 ? [] : lines.slice(start + 1, length === -1 ? undefined : start + 1 + length)
}

export const cells = (row: string): string[] =>
  row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.replaceAll('`', '').trim())

const plain = (row: string): string => cells(row).join(' | ')

/** Compares the rows of a table with those that the code would make, and says which to add and which to remove. */
export function sameRows(t: Test, where: string, written: readonly string[], expected: readonly string[]): void {
  const [have, want] = [written.map(plain), expected.map(plain)]
  const problems = [
    ...expected.filter((row) => !have.includes(plain(row))).map((row) => `add    ${row}`),
    ...written.filter((row) => !want.includes(plain(row))).map((row) => `remove ${row}`),
    ...written.filter((row, index) => have.indexOf(plain(row)) !== index).map((row) => `twice  ${row}`),
  ]
  for (const problem of problems) t.comment(problem)
  t.equal(problems.length, 0, `${where}: the rows are those of the code (the differences stand above)`)
}

export const code = (text: string): string => `\`${text}\``
