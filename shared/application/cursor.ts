import * as z from 'zod/mini'
import { CodedError } from '../domain/errors.ts'

/** L8: a place in each of several sequences, by name; opaque to clients, and what they send back is judged like any other input. */
export const VersionCursor = z.record(z.string(), z.int().check(z.nonnegative()))
export const LineCursor = z.record(z.string(), z.string())

export const encodeCursor = (places: Readonly<Record<string, number | string>>): string =>
  Buffer.from(JSON.stringify(places)).toString('base64url')

/** @throws CodedError LS-REQUEST-INVALID */
export function decodeCursor<T>(shape: z.ZodMiniType<T>, text: string): T {
  try {
    return shape.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  } catch (cause) {
    throw new CodedError('LS-REQUEST-INVALID', 'the cursor is not one that was given here', { cause })
  }
}
