import { api } from '../api.ts'
import { told } from './environment.ts'
import { actPorts, blobs, images, tokens } from './ports.ts'

const info = {
  version: told('version'),
  installation: told('installation'),
  runtime: 'ecs',
  runtimeDetail: `tasks of cluster ${told('cluster')}`,
}
export const handler = api({ ...actPorts(), blobs: blobs(), images: images(), tokens: tokens(), info })
