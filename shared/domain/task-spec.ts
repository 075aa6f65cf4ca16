import type { ServiceSpec } from './spec.ts'

/** What a task runs. How many of them there are is no part of it, as Kubernetes' autoscaler is an object of its own. */
export const taskSpec = ({ scale: _, ...spec }: ServiceSpec): ServiceSpec => spec
