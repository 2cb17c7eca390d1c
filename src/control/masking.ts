/** Masks credentials in texts that are shown. */
export interface Masking {
  readonly text: (text: string) => string
  headers(headers: Headers): Record<string, string>
}

/** Headers of a request, by their names in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

const mask = '***'

/** Names of members, parameters and headers whose values are secrets, in whatever spelling. */
const secretName =
  '(?:api[-_]?key|(?:access|refresh|id|security|session|auth|x[-_]amz[-_]security)?[-_]?token|(?:client[-_]?)?secret' +
  '|(?:secret[-_]?)?access[-_]?key|secret[-_]?(?:access[-_]?)?key|private[-_]?key|password|passphrase' +
  '|x[-_](?:goog|amz)[-_](?:signature|security[-_]token)|signature|sig)'

/** A member of a JSON text with a value that is a text, cut or whole, a list or an object of such, or a number. */
const member = new RegExp(
  String.raw`("${secretName}"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|$)|\[[^\]]*(?:\]|$)|\{[^}]*(?:\}|$)|-?\d[\d.eE+-]*)`,
  'gis',
)

/** A parameter of a URL, also of one inside a text, or of a form. Its name may be escaped. */
const parameter = /(^|[?&"])((?:[\w.~-]|%[\da-f]{2})+)=[^&#"'\\\s]*/gi

/** A URL, or a text with URLs, without the values of parameters that hold secrets. */
export const maskedUrl = (text: string): string =>
  text.replace(parameter, (whole, before: string, name: string) =>
    isSecretName(decoded(name).replace(/^.*\./, '')) ? `${before}${name}=${mask}` : whole,
  )

/** The name without escapes; those that are not UTF-8 stay. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** The part of an error message that repeats a value of the wrong type. */
const complaint = new RegExp(String.raw`(\bfield [\w.[\]]*\b${secretName}: )[^;]*`, 'gi')

const userOfUrl = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/"'@]+@/gi

const jsonWebToken = /\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?/g

const secretHeader = new RegExp(`^(?:.*authorization|(?:set-)?cookie|(?:.*-)?${secretName})$`, 'i')

const wholeName = new RegExp(`^${secretName}$`, 'i')

/** Tells if a member of that name holds a secret. */
export const isSecretName = (name: string): boolean => wholeName.test(name)

/** Shorter ones would be found in the middle of words. */
const shortestCredential = 5

/**
 * Makes what shows an exchange without its secrets: those that stand where secrets stand, and whatever was presented in
 * `Authorization` or as `apiKey`, wherever it is repeated.
 */
export function masking(headers: Headers, body: string): Masking {
  const presented = [credentialOf(headers), keyIn(body)].filter((text) => text.length >= shortestCredential)

  function text(shown: string): string {
    // Escapes could spell a name in another way.
    let masked = unescaped(shown)
    for (const secret of presented) {
      for (const spelling of [secret, encodeURIComponent(secret)]) masked = masked.replaceAll(spelling, mask)
    }
    return maskedUrl(masked.replace(member, `$1"${mask}"`))
      .replace(complaint, `$1${mask}`)
      .replace(userOfUrl, `$1${mask}@`)
      .replace(jsonWebToken, mask)
  }

  return {
    text,
    headers: (shown) =>
      Object.fromEntries(
        Object.entries(shown).map(([name, value]) => [
          name,
          secretHeader.test(name) ? mask : text([value ?? ''].flat().join(', ')),
        ]),
      ),
  }
}

const credentialOf = ({ authorization }: Headers): string =>
  [authorization ?? '']
    .flat()
    .join()
    .trim()
    .replace(/^\w+\s+/, '')

function keyIn(body: string): string {
  const match = /"api_?key"\s*:\s*("(?:[^"\\]|\\.)*")/i.exec(unescaped(body))
  try {
    return String(JSON.parse(match?.[1] ?? '""')).trim()
  } catch {
    return ''
  }
}

/** The same JSON without needless escapes; text that is not JSON stays as it is. */
function unescaped(json: string): string {
  if (!json.includes('\\u')) return json
  return json.replace(/\\u00([2-7][0-9a-f])/gi, (escape, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return character === '"' || character === '\\' ? escape : character
  })
}
