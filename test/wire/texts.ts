export const refused = { name: 'ApiError', kind: 'invalidArgument' }

export const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
