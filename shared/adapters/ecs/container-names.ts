import { parseStream } from '../../domain/commit.ts'
import type { EcsTask } from './ecs-task.ts'

type Container = NonNullable<EcsTask['containers']>[number]

/** Letters, digits, `-` and `_`, as ECS allows. */
export const containerName = (service: string): string => service.replace(/[^a-zA-Z0-9_-]/g, '_')

/** The one that writes the files of a task of this service, and ends before the service's own begins. */
export const filesContainer = (service: string): string => `${containerName(service)}-files`

/** Whether it is the container that writes a task's files, and not the service's own. */
export const writesFiles = ({ group }: EcsTask, { name }: Container): boolean =>
  group !== undefined && name === filesContainer(parseStream(group).service)
