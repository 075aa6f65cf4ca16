import * as z from 'zod'
import { StackSpec } from '../domain/spec.ts'

/** Apart from the contract, since only a deployment needs all that is known of specs. */
export const DeployRequest = z
  .strictObject({
    spec: StackSpec,
    /** Values by secret name; they go to the secret store, never to the log. */
    secrets: z.record(z.string(), z.string()).default({}),
    /** Config contents by SHA-256, base64. */
    blobs: z.record(z.string(), z.string()).default({}),
  })
  .meta({ id: 'DeployRequest' })
export type DeployRequest = z.infer<typeof DeployRequest>
