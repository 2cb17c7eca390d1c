import type { Filter } from '../../schemas/filters.ts'

export const google = (type: string, value?: unknown) => ({
  '@type': `type.googleapis.com/google.protobuf.${type}`,
  ...(value === undefined ? {} : { value }),
})

export const filter = (field: string, condition: unknown, value?: unknown): Filter => ({
  field,
  condition: typeof condition === 'string' ? `FILTER_CONDITION_${condition}` : condition,
  ...(value === undefined ? {} : { value }),
})

export const template = 'hello-world-template'
