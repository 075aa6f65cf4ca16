import { overHttp } from './api-app.ts'
import { commandRoutes } from './routes/commands.ts'
import type { CommandPorts, PlanningPorts } from './routes/context.ts'

/** Requests that change something, or ask what would change. */
export const api = (ports: CommandPorts & PlanningPorts) => apiPlanningLater(ports, async () => ports)

/** Deployments are as much code as all other commands: who asks for none loads nothing of them. */
export const apiPlanningLater = (ports: CommandPorts, planning: () => Promise<PlanningPorts>) =>
  overHttp(ports, app => {
    commandRoutes(app, ports)
    app.later(/\/(plan|deployments|rollback)$/, async () => {
      const [{ deploymentRoutes }, planned] = await Promise.all([import('./routes/deployments.ts'), planning()])
      deploymentRoutes(app, { ...ports, ...planned })
    })
    app.later(/\/rebuild$/, async () => (await import('./routes/rebuild.ts')).rebuildRoutes(app, ports))
  })
