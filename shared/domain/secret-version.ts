import type * as z from 'zod'
import type { SecretRef } from './spec.ts'

export type SecretVersion = z.infer<typeof SecretRef>
