import type { ServiceSpec } from './spec.ts'

/** How many of a service's tasks run while nobody asks for anything. */
export const fewestTasks = ({ scale }: Pick<ServiceSpec, 'scale'>, tasks: number): number =>
  scale === undefined ? tasks : scale.idle === undefined ? Math.min(tasks, scale.min) : 0
