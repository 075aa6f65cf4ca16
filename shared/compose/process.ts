import type { ProcessSpec, ServiceSpec } from '../domain/spec.ts'
import { readCommand } from './commands.ts'
import { type Context, hostPath } from './context.ts'
import type { Cursor } from './cursor.ts'
import { readEnvironment } from './environment.ts'

/** `x-longshore.process` (M5), still without its peers. */
export function readProcess(context: Context, service: string, cursor: Cursor): ProcessSpec {
  const fields = cursor.fields(['command', 'cwd', 'environment'])
  const command = fields.command ? readCommand(context, service, fields.command, `${service}.process.command`) : []
  if (command.length === 0) (fields.command ?? cursor).fail('a process needs a command')
  const environment = fields.environment && readEnvironment(context, fields.environment, `${service}.process`)
  return {
    command,
    cwd: fields.cwd ? hostPath(fields.cwd) : cursor.origin.folder,
    ...(environment && { environment: Object.fromEntries(environment) }),
  }
}

const firstPort = (spec: ServiceSpec): number | undefined => spec.ports[0]?.target ?? spec.expose[0]?.target

/** The services that this one can reach by a network of its own, each with its first port. */
export function peersOf(service: string, specs: ReadonlyMap<string, ServiceSpec>): Record<string, number> {
  const mine = new Set(specs.get(service)?.networks.map(network => network.name))
  const peers = [...specs].flatMap(([name, spec]) => {
    const port = firstPort(spec)
    const isNear = name !== service && spec.networks.some(network => mine.has(network.name))
    return isNear && port !== undefined ? [[name, port] as const] : []
  })
  return Object.fromEntries(peers)
}
