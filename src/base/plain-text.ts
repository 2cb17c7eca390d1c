/** `1 job`, `2 jobs`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Lines of a table, indented, with columns as wide as their widest cell. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
}

/**
 * Breaks a line between words, so that none is longer than a terminal is wide; what follows is indented a little more than the
 * line itself. A longer word, such as a URL, stays whole, so that it can be copied. (`wrap-ansi` minds colours and wide
 * characters, which there are none of, and not the indent.)
 *
 * @param width characters of a line
 */
export function wrapped(line: string, width: number): string[] {
  const indent = /^ */.exec(line)![0]
  const hanging = `${indent}  `
  const lines: string[] = []
  let current = ''
  for (const word of line.slice(indent.length).split(/(?<=\S)(?= )/)) {
    if (current === '') current = indent + word
    else if (current.length + word.length <= width) current += word
    else {
      lines.push(current)
      current = hanging + word.trimStart()
    }
  }
  return [...lines, current]
}

/** The same text without control characters: what clients send is not to move the cursor. */
export const plain = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
