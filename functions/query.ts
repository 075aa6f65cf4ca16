import { overHttp } from './api-app.ts'
import type { QuestionPorts } from './routes/context.ts'
import { documentRoute } from './routes/document.ts'
import { installationRoutes } from './routes/installation.ts'
import { queryRoutes } from './routes/queries.ts'

/** Requests that only ask. */
export const query = (ports: QuestionPorts) =>
  overHttp(ports, app => {
    installationRoutes(app, ports)
    queryRoutes(app, ports)
    documentRoute(app, ports.info.version)
    app.later(/\/explain$/, async () => (await import('./routes/explain.ts')).explainRoute(app, ports))
  })
