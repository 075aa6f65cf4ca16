import { randomUUID } from 'node:crypto'

/** Headers as node gives and takes them: name, value, name, value; order, case and repetitions kept. */
export type RawHeaders = readonly string[]

/** RFC 9110 section 7.6.1 and what older clients treat alike; they speak of one connection, not of the request. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** What a Connection header may not take away: without them the message means something else. */
const ESSENTIAL = new Set(['host', 'content-length', 'content-type', 'cookie', 'authorization', 'expect', 'trailer'])

export type RequestFacts = {
  readonly id: string
  readonly client: string
  readonly target: string
  readonly method: string
  readonly hasBody: boolean
  readonly trustForwarded: boolean
  /** The protocol asked for by an upgrade. */
  readonly upgrade?: string
}

/** The headers that a target gets. */
export function requestHeaders(raw: RawHeaders, facts: RequestFacts): string[] {
  const dropped = namedByConnection(raw)
  const isKept = (name: string) => !dropped.has(name) && name !== 'x-request-id' && !(isForwarding(name) && !facts.trustForwarded)
  const headers = filter(raw, isKept)
  if (!joined(raw, 'host')) headers.push('Host', facts.target)
  headers.push('X-Request-ID', facts.id)
  forward(headers, raw, facts)
  const encoding = joined(raw, 'transfer-encoding')
  if (encoding) headers.push('Transfer-Encoding', encoding)
  // Node would send an empty chunked body otherwise, which some servers refuse.
  else if (['POST', 'PUT', 'PATCH'].includes(facts.method) && joined(raw, 'content-length') === undefined)
    headers.push('Content-Length', '0')
  if (facts.upgrade) headers.push('Connection', 'Upgrade', 'Upgrade', facts.upgrade)
  // Told to close, some servers that answer before they read a body reset the connection, and the answer is lost with it.
  else headers.push('Connection', facts.hasBody ? 'keep-alive' : 'close')
  return headers
}

/** The headers that the client gets; the encoding of the body is node's to choose for this client. */
export function responseHeaders(raw: RawHeaders, id: string): string[] {
  const dropped = namedByConnection(raw)
  return [...filter(raw, name => !dropped.has(name) && name !== 'x-request-id'), 'X-Request-ID', id]
}

/** The answer to an upgrade goes to the client as it came. */
export function upgradeHead(status: number, message: string, raw: RawHeaders, id: string): string {
  const headers = [...filter(raw, name => name !== 'x-request-id'), 'X-Request-ID', id]
  let head = `HTTP/1.1 ${status} ${message}\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  return `${head}\r\n`
}

/** The client's own id when it is harmless in logs and headers, else a new one. */
export function requestId(given: string | readonly string[] | undefined): string {
  return typeof given === 'string' && /^[A-Za-z0-9._:+/=@-]{1,128}$/.test(given) ? given : randomUUID()
}

/** Trailer pairs as node takes them. */
export function trailerPairs(raw: RawHeaders): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i]!, raw[i + 1]!])
  return pairs
}

function forward(headers: string[], raw: RawHeaders, facts: RequestFacts): void {
  const before = facts.trustForwarded ? joined(raw, 'x-forwarded-for') : undefined
  remove(headers, 'x-forwarded-for')
  headers.push('X-Forwarded-For', before ? `${before}, ${facts.client}` : facts.client)
  if (!joined(headers, 'x-forwarded-proto')) headers.push('X-Forwarded-Proto', 'http')
  if (!joined(headers, 'x-forwarded-host')) headers.push('X-Forwarded-Host', joined(raw, 'host') ?? facts.target)
}

/** Underscores too: CGI-like servers cannot tell X_Forwarded_For from X-Forwarded-For. */
function isForwarding(name: string): boolean {
  const plain = name.replaceAll('_', '-')
  return plain.startsWith('x-forwarded-') || plain === 'forwarded' || plain === 'x-real-ip'
}

function namedByConnection(raw: RawHeaders): ReadonlySet<string> {
  const value = joined(raw, 'connection')
  if (!value || /^(keep-alive|close|upgrade)$/i.test(value)) return HOP_BY_HOP
  const tokens = value.split(',').map(token => token.trim().toLowerCase())
  return new Set([...HOP_BY_HOP, ...tokens.filter(token => !ESSENTIAL.has(token))])
}

function filter(raw: RawHeaders, isKept: (lowerName: string) => boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) if (isKept(raw[i]!.toLowerCase())) kept.push(raw[i]!, raw[i + 1]!)
  return kept
}

/** All values of a header, joined as one list. */
function joined(raw: RawHeaders, lowerName: string): string | undefined {
  let value: string | undefined
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]!.length === lowerName.length && raw[i]!.toLowerCase() === lowerName)
      value = value === undefined ? raw[i + 1]! : `${value}, ${raw[i + 1]}`
  return value
}

function remove(headers: string[], lowerName: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) if (headers[i]!.toLowerCase() === lowerName) headers.splice(i, 2)
}
