import { api } from '../api.ts'
import { told } from './environment.ts'
import { execSessions } from './ports/exec-sessions.ts'
import { images } from './ports/images.ts'
import { plannedRouter, plannedRuntime } from './ports/plans.ts'
import { registry } from './ports/registry.ts'
import { secrets } from './ports/secrets.ts'
import { tokens } from './ports/tokens.ts'
import { wakes } from './ports/wakes.ts'
import { blobs, claims, logPorts, readModel, setting } from './ports.ts'

export const handler = api({
  ...logPorts(),
  readModel: readModel(),
  runtime: plannedRuntime(blobs()),
  router: plannedRouter(claims()),
  wakes: wakes(),
  claims: claims(),
  secrets: secrets(),
  setting: setting(),
  blobs: blobs(),
  images: images(),
  registry: registry(),
  execSessions: execSessions(),
  tokens: tokens(),
  info: {
    version: told('version'),
    installation: told('installation'),
    runtime: 'ecs',
    runtimeDetail: `tasks of cluster ${told('cluster')}`,
  },
})
