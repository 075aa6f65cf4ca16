import { type ProjectPorts, project as projectStream } from '../shared/application/project.ts'
import { onQueue } from './queue-trigger.ts'

/** Bus → read model, due index, wakes. */
export const project = (ports: ProjectPorts) => onQueue(({ stream }) => projectStream(ports, stream))
