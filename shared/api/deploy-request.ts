import * as z from 'zod/mini'
import { StackSpec } from '../domain/spec.ts'

/** Apart from the contract, since only a deployment needs all that is known of specs. */
export const DeployRequest = z
  .strictObject({
    spec: StackSpec,
    /** Values by secret name; they go to the secret store, never to the log. */
    secrets: z._default(z.record(z.string(), z.string()), {}),
    /** Config contents by SHA-256, base64. */
    blobs: z._default(z.record(z.string(), z.string()), {}),
  })
  .register(z.globalRegistry, { id: 'DeployRequest' })
export type DeployRequest = z.infer<typeof DeployRequest>
