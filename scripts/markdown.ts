// The parts that generated documents are put together from.

/** First line of every generated document. */
export const generated = '<!-- Made by `npm run docs`; edit the sources instead. -->'

export const code = (text: string): string => `\`${text}\``

/** A table; `|` in a cell would end it. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Paragraphs with an empty line between; empty ones are left out. */
export const page = (...parts: readonly string[]): string => `${parts.filter((part) => part !== '').join('\n\n')}\n`
