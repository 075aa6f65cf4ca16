import type { Cursor } from './cursor.ts'

/** Milliseconds in each of Compose's units of time. */
const TIME: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const SPAN = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w)/g
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?b)?$/i

/** `1m30s`, `500ms`, `1.5h` in milliseconds, rounded, and never to nothing; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (text === '' || text.replace(SPAN, '') !== '') return undefined
  const exact = [...text.matchAll(SPAN)].reduce((sum, [, count, unit]) => sum + Number(count) * TIME[unit!]!, 0)
  return exact > 0 ? Math.max(1, Math.round(exact)) : 0
}

/** `64m`, `1.5gb`, `1024` in bytes (1024 to the k), rounded; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const found = SIZE.exec(text.trim())
  if (!found) return undefined
  return Math.round(Number(found[1]) * 1024 ** ['', 'k', 'm', 'g', 't', 'p'].indexOf(found[2]!.toLowerCase()))
}

/** Milliseconds. */
export function duration(cursor: Cursor): number {
  const parsed = parseDuration(cursor.text())
  const hint = /^\d+$/.test(cursor.text()) ? `a unit is missing: ${cursor.text()}s is seconds` : 'write it like 1m30s or 500ms'
  return parsed ?? cursor.fail(`"${cursor.text()}" is not a duration`, { hint })
}

/** Bytes. */
export const bytes = (cursor: Cursor): number =>
  parseBytes(cursor.text()) ?? cursor.fail(`"${cursor.text()}" is not a size`, { hint: 'write it like 512m or 1.5gb' })

export function integer(cursor: Cursor, range: { readonly min: number; readonly max?: number }): number {
  const text = cursor.text().trim()
  const { min, max = Number.MAX_SAFE_INTEGER } = range
  if (!/^-?\d+$/.test(text)) return cursor.fail(`"${text}" is not a whole number`)
  const number = Number(text)
  if (number < min || number > max) return cursor.fail(`${text} is not within ${min} and ${max}`)
  return number
}

export function decimal(cursor: Cursor, range: { readonly min: number; readonly max?: number }): number {
  const text = cursor.text().trim()
  if (!/^\d+(\.\d+)?$|^\.\d+$/.test(text)) return cursor.fail(`"${text}" is not a number`)
  const number = Number(text)
  if (number < range.min || number > (range.max ?? Number.POSITIVE_INFINITY)) return cursor.fail(`${text} is out of range`)
  return number
}

export function boolean(cursor: Cursor): boolean {
  const text = cursor.text().toLowerCase()
  if (['true', 'yes', 'y', 'on'].includes(text)) return true
  if (['false', 'no', 'n', 'off'].includes(text)) return false
  return cursor.fail(`"${cursor.text()}" is neither true nor false`)
}

export function oneOf<const T extends string>(cursor: Cursor, choices: readonly T[]): T {
  const text = cursor.text()
  if (!choices.includes(text as T)) cursor.fail(`"${text}" is not one of ${choices.join(', ')}`)
  return text as T
}

/** A port of a container or host. */
export function port(cursor: Cursor, text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return number >= 1 && number <= 65_535 ? number : cursor.fail(`"${text}" is not a port between 1 and 65535`)
}
