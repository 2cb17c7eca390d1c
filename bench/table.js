/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * @param {number} value
 * @param {number} digits
 */
const number = (value, digits) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/**
 * `median (min-max)` of what the rounds gave.
 *
 * @param {number[]} values
 * @param {number} digits
 */
export const spread = (values, digits) =>
  values.length === 0
    ? 'not measured'
    : `${number(median(values), digits)} (${number(Math.min(...values), digits)}-${number(Math.max(...values), digits)})`

/**
 * Prints rows under a heading; the first column is flush left, the others flush right.
 *
 * @param {string} title
 * @param {string[]} heading
 * @param {string[][]} rows
 */
export function printTable(title, heading, rows) {
  const all = [heading, ...rows]
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  console.log(`\n${title}`)
  for (const row of all) {
    const cells = widths.map((width, column) =>
      column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
    )
    console.log(`  ${cells.join('   ').trimEnd()}`)
  }
}

/**
 * @param {string} text what was aimed at
 * @param {string} value what was measured
 * @param {boolean} reached
 */
export const printAim = (text, value, reached) =>
  console.log(`  aim: ${text} -> ${value}, ${reached ? 'reached' : 'NOT reached'}`)

/**
 * Prints an aim in milliseconds and, if another build was measured beside this one, the same aim as a share of what that took:
 * milliseconds are those of the machine on which the aim was set, a share holds on a slower one, too.
 *
 * @param {string} name
 * @param {{ own: number, aim: number, other?: { own: number, then: number } }} found milliseconds, and of the build of 7094603 those
 *   measured now and those measured when the aim was set
 */
export function printTimeAim(name, { own, aim, other }) {
  printAim(`${name} at most ${aim} ms`, `${own.toFixed(own < 1 ? 2 : 1)} ms`, own <= aim)
  if (other === undefined) return
  const share = own / other.own
  const most = aim / other.then
  printAim(`the same at most ${most.toFixed(2)} of the build of 7094603`, share.toFixed(2), share <= most)
}
