/**
 * Decodes base64 as Go does: the standard alphabet, or the URL-safe one if any of its own characters is there; line breaks are
 * passed over. Node.js takes anything, so the text is checked.
 *
 * @returns undefined for anything else
 */
export function decodeBase64(text: string, padding: 'present' | 'absent'): Buffer | undefined {
  const plain = text.replace(/[\r\n]/g, '')
  const digits = plain.replace(/={1,2}$/, '')
  const alphabet = /[-_]/.test(digits) ? /^[\w-]*$/ : /^[A-Za-z0-9+/]*$/
  if (!alphabet.test(digits) || digits.length % 4 === 1) return undefined
  const missing = (4 - (digits.length % 4)) % 4
  if (plain.length - digits.length !== (padding === 'present' ? missing : 0)) return undefined
  return Buffer.from(digits, 'base64url')
}
