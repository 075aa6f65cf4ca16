import { notes } from '../../shared/adapters/ecs/fit.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { api } from '../api.ts'
import { actPorts } from './act-ports.ts'
import { told } from './environment.ts'
import { blobs } from './ports/blobs.ts'
import { images } from './ports/images.ts'
import { registry } from './ports/registry.ts'
import { tokens } from './ports/tokens.ts'

const info = {
  version: told('version'),
  installation: told('installation'),
  runtime: 'ecs',
  runtimeDetail: `tasks of cluster ${told('cluster')}`,
}
const ports = actPorts()
const runtime = { ...ports.runtime, notes: (spec: ServiceSpec) => notes(spec, 'fargate').map(({ why }) => why) }
export const handler = api({ ...ports, runtime, blobs: blobs(), images: images(), registry: registry(), tokens: tokens(), info })
