import type { Application } from '../http/application.ts'
import type { ApiPorts } from './context.ts'
import { deploymentRoutes } from './deployments.ts'
import { execRoutes } from './exec.ts'
import { registryRoutes } from './registry.ts'

/** What changes something, or asks what would change. */
export function commandRoutes(app: Application, ports: ApiPorts): void {
  deploymentRoutes(app, ports)
  registryRoutes(app, ports)
  execRoutes(app, ports)
}
