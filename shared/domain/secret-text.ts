/**
 * M3: a text field refers to a secret by name, as ‹secret:name›, and may do so in the middle of other text. Only the runtime, at the
 * moment of a start, puts the value in its place.
 */
const REFERENCE = /‹secret:([A-Za-z0-9._/-]+)›/g

export const secretReference = (name: string): string => `‹secret:${name}›`

/** A file that spells a reference itself would read somebody's secret: translators refuse it. */
export const holdsReference = (text: string): boolean => text.includes('‹secret:')

export const referencesIn = (text: string): readonly string[] => [...text.matchAll(REFERENCE)].map(match => match[1]!)

/** @throws RangeError when `values` lacks a name: a task must not start with the reference as its password. */
export const reveal = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(REFERENCE, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new RangeError(`no value for secret ${name}`)
    return value
  })

/** Keys whose values are taken for secrets wherever they were written (M3). */
export const looksSecret = (key: string): boolean => /(pass|secret|token|key|credential)/i.test(key)
