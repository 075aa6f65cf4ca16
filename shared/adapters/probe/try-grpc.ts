import { connect } from 'node:http2'
import type { Address } from '../../domain/fact.ts'
import type { Probe } from '../../domain/probe.ts'
import { failed, failedBy, PASSED, type Tried, withinTime } from './tried.ts'

/** ServingStatus of grpc.health.v1. */
const STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const ANSWER_LIMIT = 1_024

/**
 * grpc.health.v1.Health/Check (github.com/grpc/grpc, doc/health-checking.md) in clear text. Both messages have one field, so no library is
 * needed: the request's is a string, the answer's a small number.
 */
export function tryGrpc(address: Address, { service = '' }: NonNullable<Probe['grpc']>, timeoutMs: number): Promise<Tried> {
  return withinTime(timeoutMs, settle => {
    const session = connect(`http://${address.host}:${address.port}`)
    session.on('error', error => settle(failedBy(error)))
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'longshore-probe',
    })
    let body = Buffer.alloc(0)
    let status: string | undefined
    let httpStatus: number | undefined
    const read = (headers: object): void => {
      status ??= (headers as Record<string, string>)['grpc-status']
    }
    call.on('response', headers => {
      httpStatus = headers[':status']
      read(headers)
    })
    call.on('trailers', read)
    call.on('data', (chunk: Buffer) => {
      if (body.length < ANSWER_LIMIT) body = Buffer.concat([body, chunk])
    })
    call.on('error', error => settle(failedBy(error)))
    call.on('end', () => settle(judge(httpStatus, status, body)))
    call.end(frame(service))
    return () => session.destroy()
  })
}

/** A gRPC frame (no compression, length) around `HealthCheckRequest { string service = 1 }`; an empty field is left out. */
function frame(service: string): Buffer {
  const text = Buffer.from(service)
  const message = text.length ? Buffer.concat([Buffer.from([0x0a]), varint(text.length), text]) : Buffer.alloc(0)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}

function judge(httpStatus: number | undefined, status: string | undefined, body: Buffer): Tried {
  if (httpStatus !== 200) return failed(`HTTP ${httpStatus ?? 'without a status'}`)
  if (status !== undefined && status !== '0') return failed(`gRPC status ${status}`)
  // `HealthCheckResponse { ServingStatus status = 1 }`; the default, UNKNOWN, is left out
  const said = body[5] === 0x08 ? (body[6] ?? 0) : 0
  return said === 1 ? PASSED : failed(STATUS[said] ?? `status ${said}`)
}
