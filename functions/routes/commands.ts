import type { Application } from '../http/application.ts'
import type { CommandPorts } from './context.ts'
import { execRoutes } from './exec.ts'
import { registryRoutes } from './registry.ts'
import { runningRoutes } from './running.ts'

/** What changes something, but for deployments and rebuilds, whose code is as much as all the rest's. */
export function commandRoutes(app: Application, ports: CommandPorts): void {
  runningRoutes(app, ports)
  registryRoutes(app, ports)
  execRoutes(app, ports)
}
