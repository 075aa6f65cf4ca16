import type * as z from 'zod/mini'
import type { SecretRef } from './spec.ts'

export type SecretVersion = z.infer<typeof SecretRef>
