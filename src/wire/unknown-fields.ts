import { nearest } from '../base/nearest.ts'

/** A field that was sent and that the message does not have, or another part of a request that the service does not read. */
export interface UnknownField {
  /** Where it stood, e.g. `config.taskTimeuot`. */
  readonly path: string
  /** The field that was probably meant. */
  readonly suggestion: string | undefined
  /** The values that the field may have, if it is there but its value is not known. */
  readonly known?: readonly string[]
  /** A sentence that says how it is treated, if it is not an unknown field. */
  readonly note?: string
  /** True if the emulator reads what the service refused, by choice; strict mode refuses it too. */
  readonly isLenient?: true
}

/** Unknown fields that a message names; a request can have a hundred thousand. */
const shownFields = 100

/** Unknown fields that a suggestion is looked for. */
const suggestedFields = 100

/** Describes unknown fields for messages: `unknown field nmae (did you mean "name"?)`. */
export function describeUnknown(fields: readonly UnknownField[]): string {
  const more = fields.length - shownFields
  const unknown = fields.filter(({ note }) => note === undefined)
  const kind = unknown.length === 0 ? '' : `unknown field${unknown.length === 1 ? '' : 's'} `
  // Fields first, as the words before them say.
  const sorted = [...unknown, ...fields.filter(({ note }) => note !== undefined)]
  const shown = sorted.slice(0, shownFields).map(describeOne).join(', ')
  return `${kind}${shown}${more > 0 ? ` and ${more} more` : ''}`
}

function describeOne({ path, suggestion, known = [], note }: UnknownField): string {
  if (note !== undefined) return `${path}: ${note}`
  const meant = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`
  return `${path}${meant}${known.length === 0 ? '' : `; known are ${known.join(', ')}`}`
}

/** The nearest name, for the first fields only: the search compares a name with all others. */
export const suggestionOf = (
  name: string,
  names: Iterable<string>,
  unknown: readonly UnknownField[],
): string | undefined => (unknown.length < suggestedFields ? nearest(name, names) : undefined)
