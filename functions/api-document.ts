import { Application } from './http/application.ts'
import { openApiDocument } from './http/document.ts'
import { commandRoutes } from './routes/commands.ts'
import type { CommandPorts, PlanningPorts, QuestionPorts } from './routes/context.ts'
import { deploymentRoutes } from './routes/deployments.ts'
import { explainRoute } from './routes/explain.ts'
import { installationRoutes } from './routes/installation.ts'
import { queryRoutes } from './routes/queries.ts'
import { rebuildRoutes } from './routes/rebuild.ts'

/** Of all routes, whichever function answers them. In place of this file a Lambda's bundle holds what it makes (infra/cloud/bundle.ts). */
export function apiDocument(version: string) {
  const never = () => Promise.reject(new Error('here routes are only described'))
  const app = new Application({ admit: never, onError: error => Promise.reject(error) as never })
  const [questions, commands] = [{} as QuestionPorts, {} as CommandPorts & PlanningPorts]
  installationRoutes(app, questions)
  queryRoutes(app, questions)
  explainRoute(app, questions)
  commandRoutes(app, commands)
  deploymentRoutes(app, commands)
  rebuildRoutes(app, commands)
  return openApiDocument(app.routes, { title: 'Longshore', version })
}
