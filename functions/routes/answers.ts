import * as z from 'zod/mini'
import { ErrorBody } from '../../shared/api/contract.ts'
import { StackName } from '../../shared/domain/names.ts'

/** Pieces that every route's description is made of. */
export const json = <S extends z.ZodMiniType>(schema: S) => ({ description: 'OK', content: { 'application/json': { schema } } })
export const body = <S extends z.ZodMiniType>(schema: S) => ({ content: { 'application/json': { schema } } })

/** One shape for every error; the code tells which, docs/errors.md lists them. */
export const errors = {
  default: { description: 'An error, with its code', content: { 'application/json': { schema: ErrorBody } } },
} as const

export const StackPath = z.object({ stack: StackName })
export const ServicePath = z.object({ stack: StackName, service: z.string() })

/** L4: made by the client once per command; a repetition with the same key and body gets the first answer. */
export const IdempotencyKey = z.object({ 'idempotency-key': z.string().check(z.minLength(8), z.maxLength(128)) })
