import { UsageError } from '../io.ts'

/** Seconds on the command line, milliseconds inside. @throws UsageError */
export function seconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value < 0) throw new UsageError(`"${text}" is no number of seconds`)
  return value * 1_000
}

/** @throws UsageError */
export function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new UsageError(`"${text}" is no whole number`)
  return value
}
