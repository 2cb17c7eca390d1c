/** Full name of the message that an Any holds. */
export const typeName = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
