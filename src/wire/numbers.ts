/** A number of JSON, in its parts. Exact: no digit goes through floating point. */
const jsonNumber = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?/

/** Go's `unicode.IsSpace` at either end. */
const spaceAtEnd =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/

/** Digits that a whole number may have: those of the largest uint64. */
const maxDigits = 20

/**
 * The number that a string holds, as protojson finds it: up to the first character that can end a number, so that
 * `"3600 s"` is 3600 and `"1,000"` is 1 (measured).
 *
 * @returns the text of the number, or undefined if there is none
 */
export function numberIn(text: string): string | undefined {
  if (spaceAtEnd.test(text)) return undefined
  const number = jsonNumber.exec(text)?.[0]
  return number === undefined || /^[-+._a-zA-Z0-9]/.test(text.slice(number.length)) ? undefined : number
}

/**
 * The whole number that a JSON number stands for: `3.6e3` is 3600.
 *
 * @returns undefined if it is not whole, or has more digits than 64 bits hold
 */
export function wholeNumber(number: string): bigint | undefined {
  // Most numbers are short.
  if (number.length < 10 && /^[1-9]\d*$/.test(number)) return BigInt(number)
  const [, sign, whole = '', fraction = '', exponent = '0'] = jsonNumber.exec(number)!
  const digits = whole === '0' ? '' : whole
  const rest = withoutEnd(fraction, '0')
  if (digits === '' && rest === '') return 0n
  const shift = Number(exponent)
  if (shift < -(2 ** 31) || shift >= 2 ** 31) return undefined
  let shifted: string
  if (shift >= 0) {
    if (rest.length > shift || digits.length + shift > maxDigits) return undefined
    shifted = digits + rest.padEnd(shift, '0')
  } else {
    const left = digits.length + shift
    if (rest !== '' || left <= 0 || left > maxDigits || !/^0*$/.test(digits.slice(shift))) return undefined
    shifted = digits.slice(0, shift)
  }
  return BigInt(`${sign!}${shifted}`)
}

/** A text without the run of one character at its end; a pattern would try every run in it. */
export function withoutEnd(text: string, character: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === character) end--
  return text.slice(0, end)
}

/** The double nearest to a JSON number, or undefined if it is beyond all doubles. */
export function double(number: string): number | undefined {
  const value = Number(number)
  return Number.isFinite(value) ? value : undefined
}
