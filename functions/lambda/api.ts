import { apiPlanningLater } from '../api.ts'
import { execSessions } from './ports/exec-sessions.ts'
import { images } from './ports/images.ts'
import { registry } from './ports/registry.ts'
import { secrets } from './ports/secrets.ts'
import { tokens } from './ports/tokens.ts'
import { wakes } from './ports/wakes.ts'
import { blobs, claims, logPorts, readModel, setting } from './ports.ts'

export const handler = apiPlanningLater(
  {
    ...logPorts(),
    readModel: readModel(),
    wakes: wakes(),
    claims: claims(),
    secrets: secrets(),
    setting: setting(),
    blobs: blobs(),
    images: images(),
    registry: registry(),
    execSessions: execSessions(),
    tokens: tokens(),
  },
  async () => (await import('./adapters/plans.ts')).planning({ claims: claims(), blobs: blobs() }),
)
