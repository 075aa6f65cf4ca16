import { wakes } from './adapters/wakes.ts'
import { router } from './ports/router.ts'
import { runtime } from './ports/runtime.ts'
import { secrets } from './ports/secrets.ts'
import { claims, logPorts, readModel, setting } from './ports.ts'

/** What drives a service's tasks. */
export const actPorts = () => ({
  ...logPorts(),
  readModel: readModel(),
  runtime: runtime(),
  router: router(),
  wakes: wakes(),
  claims: claims(),
  secrets: secrets(),
  setting: setting(),
})
