import { randomBytes } from 'node:crypto'

const bytes = (text: string) => new TextEncoder().encode(text)

/** Contents of configs that a shell, a variable or an encoding could spoil. */
export const ODD_CONTENTS: readonly [string, Uint8Array][] = [
  ['text', bytes('a\nb\n\n$HOME `id` \'q\' "q" \\n %s\n')],
  ['nothing', new Uint8Array()],
  ['a dash', bytes('-n')],
  ['bytes of every kind', Uint8Array.from({ length: 1_024 }, (_, index) => index % 256)],
  ['as much as fits', randomBytes(45_000)],
]

/** Values of secrets that could be. */
export const ODD_SECRETS: readonly [string, string][] = [
  ['quotes and dollars', 'p$&ss wörd`"\'\\'],
  ['nothing', ''],
  ['a line’s end', '\n'],
  ['an option', '-e'],
  ['two dashes', '--\n'],
  ['lines', 'line\nline\n\n'],
  ['60,000 characters', `${'k'.repeat(60_000)}\n`],
]
