import * as z from 'zod/mini'
import type { Content, RouteConfig } from './route.ts'

type Json = { readonly [key: string]: unknown }
type Info = { readonly title: string; readonly version: string }

/** The OpenAPI 3.1 document of the routes: its schemas are JSON Schema, which zod itself makes of what validates. Those with an id stand under components. */
export function openApiDocument(routes: readonly RouteConfig[], info: Info): Json {
  const components = new Map<string, Json>()
  const schemaOf = (schema: z.ZodMiniType, io: 'input' | 'output'): Json => {
    // Inside another one, since a schema with an id is written out where it is the root.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), { io, unrepresentable: 'any', override: openIf(io) })
    for (const [id, { id: _, ...definition }] of Object.entries($defs)) components.set(id, placed(definition))
    return placed(properties!['it'] as Json)
  }
  const content = ({ content: { 'application/json': json } }: Content, io: 'input' | 'output') => ({
    content: { 'application/json': { schema: schemaOf(json.schema, io) } },
  })
  const parametersIn = (place: 'path' | 'query' | 'header', schema: z.ZodMiniObject | undefined) =>
    Object.entries(schema?.shape ?? {}).map(([name, shape]) => ({
      name,
      in: place,
      required: !z.safeParse(shape as z.ZodMiniType, undefined).success,
      schema: schemaOf(shape as z.ZodMiniType, 'input'),
    }))
  const paths: Record<string, Record<string, Json>> = {}
  for (const { method, path, summary, request = {}, responses } of routes) {
    const { params, query, headers, body } = request
    const parameters = [...parametersIn('path', params), ...parametersIn('query', query), ...parametersIn('header', headers)]
    const answers = Object.entries(responses).map(([status, answer]) => [
      status,
      { description: answer.description, ...content(answer, 'output') },
    ])
    paths[path] = {
      ...paths[path],
      [method]: {
        summary,
        ...(parameters.length > 0 && { parameters }),
        ...(body && { requestBody: { required: true, ...content(body, 'input') } }),
        responses: Object.fromEntries(answers),
      },
    }
  }
  return {
    openapi: '3.1.0',
    info,
    security: [{ token: [] }],
    components: { schemas: Object.fromEntries(components), securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  }
}

/** An answer may have more in a later release. */
const openIf =
  (io: 'input' | 'output') =>
  ({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  }

/** References lead to where the document keeps what has an id. */
const placed = (schema: Json): Json => JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
