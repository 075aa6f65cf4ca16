import { metadataHostOf } from '../domain/metadata-host.ts'
import { KINDS, PROBE_DEFAULTS, type Probe, type Probes } from '../domain/probe.ts'
import { PROBE_NAMES, type ProbeName } from '../domain/probe-names.ts'
import { looksSecret } from '../domain/secret-text.ts'
import type { ServiceSpec } from '../domain/spec.ts'
import { duration, integer, oneOf, port } from './amounts.ts'
import { readCommand } from './commands.ts'
import type { Context } from './context.ts'
import type { Cursor } from './cursor.ts'
import { assertFits, secretText } from './secret-text-field.ts'

const SHORTEST_PERIOD = 100

type Ports = Pick<ServiceSpec, 'ports' | 'expose'>
type Reading = { readonly context: Context; readonly service: string; readonly name: ProbeName; readonly ports: Ports }

/** `x-longshore.probes` (DESIGN section 6), with Kubernetes' meanings. @throws CodedError LS-COMPOSE-KEY, LS-COMPOSE-VALUE */
export function readProbes(context: Context, service: string, cursor: Cursor, ports: Ports): Probes {
  const fields = cursor.fields(PROBE_NAMES)
  const read = PROBE_NAMES.flatMap(name =>
    fields[name] ? [[name, readProbe(fields[name], { context, service, name, ports })] as const] : [],
  )
  if (read.length === 0) cursor.fail('"probes" names none of startup, readiness and liveness')
  return Object.fromEntries(read)
}

function readProbe(cursor: Cursor, reading: Reading): Probe {
  const fields = cursor.fields([...KINDS, 'period', 'timeout', 'failureThreshold', 'successThreshold', 'initialDelay'])
  const kinds = KINDS.filter(kind => fields[kind])
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1)
    return cursor.fail(`a probe is one of ${KINDS.join(', ')}; here ${kinds.length ? `are ${kinds.join(' and ')}` : 'is none'}`)
  const probe: Probe = {
    ...PROBE_DEFAULTS,
    ...(fields.period && { period: period(fields.period) }),
    ...(fields.timeout && { timeout: timeout(fields.timeout) }),
    ...(fields.failureThreshold && { failureThreshold: integer(fields.failureThreshold, { min: 1 }) }),
    ...(fields.successThreshold && { successThreshold: successes(fields.successThreshold, reading.name) }),
    ...(fields.initialDelay && { initialDelay: duration(fields.initialDelay) }),
    [kind]: READERS[kind](fields[kind]!, reading),
  }
  const asked = metadataHostOf(probe)
  if (asked !== undefined) fields[kind]!.fail(`${asked} is where the machine's own credentials are; a probe must not ask there`)
  if (probe.timeout > probe.period) {
    const text = `the ${reading.name} probe's timeout is longer than its period: the next try waits until the one before is over`
    reading.context.note({ service: reading.service, place: (fields.timeout ?? fields.period)!.place, text })
  }
  return probe
}

function period(cursor: Cursor): number {
  const read = duration(cursor)
  return read >= SHORTEST_PERIOD ? read : cursor.fail(`a probe's period is ${SHORTEST_PERIOD} ms at least`)
}

const timeout = (cursor: Cursor): number => duration(cursor) || cursor.fail("a probe's timeout is more than nothing")

function successes(cursor: Cursor, name: ProbeName): number {
  const read = integer(cursor, { min: 1 })
  if (name !== 'readiness' && read !== 1) cursor.fail(`successThreshold of a ${name} probe is 1, as in Kubernetes`)
  return read
}

const READERS = {
  exec: (cursor: Cursor, { context, service, name }: Reading) => {
    const command = readCommand(context, service, cursor, `${service}.probes.${name}`)
    return command.length > 0 ? command : cursor.fail('the command is empty')
  },
  http: (cursor: Cursor, reading: Reading) => readHttp(cursor, reading),
  tcp: (cursor: Cursor, { ports }: Reading) => ({
    port: cursor.isScalar ? probedPort(cursor, ports) : portOf(cursor, cursor.fields(['port']).port, ports),
  }),
  grpc: (cursor: Cursor, { ports }: Reading) => {
    if (cursor.isScalar) return { port: probedPort(cursor, ports) }
    const fields = cursor.fields(['port', 'service'])
    return { port: portOf(cursor, fields.port, ports), ...(fields.service && { service: fields.service.text() }) }
  },
} as const

function readHttp(cursor: Cursor, { context, service, name, ports }: Reading): NonNullable<Probe['http']> {
  if (cursor.isScalar) return { port: portOf(cursor, undefined, ports), path: path(cursor), scheme: 'http' }
  const fields = cursor.fields(['port', 'path', 'scheme', 'host', 'headers'])
  const headers = fields.headers?.entries().map(([key, value]) => {
    const pieces = value.pieces()
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(key) || pieces.some(piece => /[\r\n]/.test(piece.text)))
      value.fail(`"${key}" is not a header that can be sent`)
    assertFits(value, `the header ${key}`, pieces.map(piece => piece.text).join(''))
    const isSecretKey = looksSecret(key) || /^(authorization|cookie)$/i.test(key)
    return [key, secretText(context.book, { cursor: value, pieces, name: `${service}.probes.${name}.${key}`, isSecretKey })] as const
  })
  return {
    port: portOf(cursor, fields.port, ports),
    path: fields.path ? path(fields.path) : '/',
    scheme: fields.scheme ? oneOf(fields.scheme, ['http', 'https']) : 'http',
    ...(fields.host && { host: fields.host.text() }),
    ...(headers && headers.length > 0 && { headers: Object.fromEntries(headers) }),
  }
}

function path(cursor: Cursor): string {
  const text = cursor.text()
  return /^\/[^\s#]*$/.test(text) ? text : cursor.fail(`"${text}" is not a path; it begins with /`)
}

/** The port named, or the service's first. */
function portOf(cursor: Cursor, named: Cursor | undefined, ports: Ports): number {
  if (named) return probedPort(named, ports)
  const first = [...ports.ports, ...ports.expose].find(one => one.protocol === 'tcp')
  return first?.target ?? cursor.fail('the service has no port to probe; name it under "ports" or "expose"')
}

/** A probe comes from outside of the container, so the port must be one that leads into it. */
function probedPort(cursor: Cursor, { ports, expose }: Ports): number {
  const number = port(cursor, cursor.text())
  const isOpen = [...ports, ...expose].some(one => one.target === number && one.protocol === 'tcp')
  return isOpen
    ? number
    : cursor.fail(`port ${number} is neither published nor exposed`, { hint: `write expose: ["${number}"] on the service` })
}
