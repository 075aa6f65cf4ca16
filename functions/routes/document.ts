import * as z from 'zod/mini'
import type { Application } from '../http/application.ts'
import { json } from './answers.ts'

/** What all the others are. */
export function documentRoute(app: Application, version: string): void {
  app.route({ method: 'get', path: '/v1/openapi.json', summary: 'This document', responses: { 200: json(z.unknown()) } }, async c =>
    c.json((await import('../api-document.ts')).apiDocument(version), 200),
  )
}
