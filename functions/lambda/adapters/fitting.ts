import { whyRefused } from '../../../shared/adapters/ecs/why-refused.ts'
import type { Blobs } from '../../../shared/ports/blobs.ts'
import type { Runtime } from '../../../shared/ports/runtime.ts'
import { FARGATE } from '../fargate.ts'

/** Whether a spec could ever run; asked by commands alone. */
export const fitting = (blobs: Blobs): Pick<Runtime, 'prepare'> => ({ prepare: spec => whyRefused(FARGATE(), spec, blobs) })
