/** What Secrets Manager lets stand in names: letters, digits and /_+=.@-; the rest is written as `=` and two hex digits for each byte. */
const encode = (part: string): string =>
  [...Buffer.from(part)]
    .map(byte => String.fromCharCode(byte))
    .map(char => (/[A-Za-z0-9_.-]/.test(char) ? char : `=${char.charCodeAt(0).toString(16).padStart(2, '0')}`))
    .join('')

/** Begins the names of all secrets of a stack, and of no other one. */
export const stackPrefix = (prefix: string, stack: string): string => `${prefix}/stack/${encode(stack)}/`
export const secretName = (prefix: string, stack: string, name: string): string => stackPrefix(prefix, stack) + encode(name)

/**
 * A version's id is made of its number, and is the request's token at once: of two puts of one number Secrets Manager takes the first, and
 * repeats its answer only for the same value. 32 characters are the fewest that it takes.
 */
export const versionId = (version: number): string => `longshore-version-${String(version).padStart(14, '0')}`
