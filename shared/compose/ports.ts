import type { PublishedPort, ServiceSpec } from '../domain/spec.ts'
import { oneOf, port } from './amounts.ts'
import type { Cursor } from './cursor.ts'

type Protocol = 'tcp' | 'udp'
const HTTP_PROTOCOLS = ['http', 'http2', 'grpc', 'ws']
const HTTP_PORTS = [80, 3000, 5000, 8000, 8080]
const RANGE_HINT = 'write one line for each port'

/** M2: what the file says, else the well-known published ports. */
export function layerOf(protocol: Protocol, published: number | undefined, appProtocol?: string): 'http' | 'tcp' {
  if (protocol === 'udp') return 'tcp'
  if (appProtocol !== undefined) return HTTP_PROTOCOLS.includes(appProtocol.toLowerCase()) ? 'http' : 'tcp'
  return published !== undefined && HTTP_PORTS.includes(published) ? 'http' : 'tcp'
}

function single(cursor: Cursor, text: string): number {
  if (/^\d+-\d+$/.test(text)) cursor.fail(`"${text}": ranges of ports are not supported yet`, { hint: RANGE_HINT })
  return port(cursor, text)
}

function hostIp(cursor: Cursor, text: string): string {
  const ip = text.replace(/^\[(.*)\]$/, '$1')
  return /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$/.test(ip) ? ip : cursor.fail(`"${text}" is not an IP address`)
}

type Parts = { readonly ip?: string; readonly host?: string; readonly target: string; readonly protocol: string }

/** `[[IP:]HOST:]TARGET[/PROTOCOL]`, an IPv6 address in brackets. */
function shortParts(cursor: Cursor, text: string): Parts {
  const [address = '', protocol = 'tcp', ...more] = text.split('/')
  const bracketed = /^(\[[^\]]*\]):(.*)$/.exec(address)
  const parts = (bracketed ? bracketed[2]! : address).split(':')
  if (bracketed) parts.unshift(bracketed[1]!)
  const [target, host, ip, ...rest] = parts.reverse()
  if (!target || rest.length > 0 || more.length > 0 || (bracketed && parts.length < 3)) {
    cursor.fail(`"${text}" is not a port`, { hint: 'write it like "8080:80", "127.0.0.1:8080:80" or "80/udp"' })
  }
  return { target, protocol, ...(host && { host }), ...(ip && { ip }) }
}

function published(cursor: Cursor, parts: Parts, appProtocol?: string): PublishedPort {
  const protocol = parts.protocol.toLowerCase()
  if (protocol !== 'tcp' && protocol !== 'udp') return cursor.fail(`"${parts.protocol}" is not a protocol: tcp or udp`)
  const target = single(cursor, parts.target)
  // 0 asks the engine for any free port, which is what leaving it out does.
  const host = parts.host === undefined || parts.host === '0' ? undefined : single(cursor, parts.host)
  const layer = layerOf(protocol, host, appProtocol)
  return { ...(host && { published: host }), target, protocol, layer, ...(parts.ip && { hostIp: hostIp(cursor, parts.ip) }) }
}

function longPort(cursor: Cursor): PublishedPort {
  const fields = cursor.fields(['target', 'published', 'protocol', 'app_protocol', 'host_ip', 'mode', 'name'])
  if (!fields.target) cursor.fail('a port needs a target')
  if (fields.mode) oneOf(fields.mode, ['ingress'])
  const parts: Parts = {
    target: fields.target!.text(),
    protocol: fields.protocol?.text() ?? 'tcp',
    ...(fields.published && fields.published.text() !== '' && { host: fields.published.text() }),
    ...(fields.host_ip && fields.host_ip.text() !== '' && { ip: fields.host_ip.text() }),
  }
  return published(fields.published ?? cursor, parts, fields.app_protocol?.text())
}

const sameTarget = (a: PublishedPort, b: PublishedPort) => a.target === b.target && a.layer === b.layer
const sameFront = (a: PublishedPort, b: PublishedPort) =>
  a.published !== undefined && a.published === b.published && a.protocol === b.protocol && a.hostIp === b.hostIp

/** `ports`. The same line twice counts once; one host port for two targets is refused. */
export function readPorts(cursor: Cursor): PublishedPort[] {
  const ports: PublishedPort[] = []
  for (const item of cursor.items()) {
    const one = item.isScalar ? published(item, shortParts(item, item.text())) : longPort(item)
    const before = ports.find(other => sameFront(other, one))
    if (before && !sameTarget(before, one)) item.fail(`the host's port ${one.published} is published twice, for different targets`)
    if (!before) ports.push(one)
  }
  return ports
}

const MOST_EXPOSED = 1_000

/** `expose`; ranges stand for each of their ports. */
export function readExpose(cursor: Cursor): ServiceSpec['expose'] {
  return cursor.items().flatMap(item => {
    const found = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/.exec(item.text())
    if (!found) return item.fail(`"${item.text()}" is not a port`, { hint: 'write it like "3000" or "53/udp"' })
    const first = port(item, found[1]!)
    const count = (found[2] ? port(item, found[2]) : first) - first + 1
    if (count < 1 || count > MOST_EXPOSED) item.fail(`"${item.text()}" is not a range of 1 to ${MOST_EXPOSED} ports`)
    return Array.from({ length: count }, (_, i) => ({ target: first + i, protocol: (found[3] ?? 'tcp') as Protocol }))
  })
}
