import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { FrontContext, OpenFront } from './front.ts'
import type { Lease } from './lease.ts'

type Flow = { readonly context: FrontContext; readonly client: RemoteInfo; readonly lease: Lease; readonly socket: Socket; usedAt: number }

const IDLE_MS = 60_000
/** What a target that left may take for its last answers. */
const PARTING_MS = 2_000
const SWEEP_MS = 500
/** Each flow is a socket; the longest unused one makes room. */
const MOST_FLOWS = 1_000

/** A published UDP port: datagrams of one client address go to one target, until it leaves or the client was silent for a minute. */
export class UdpFront implements OpenFront {
  readonly #context: () => FrontContext
  readonly #flows = new Map<string, Flow>()
  readonly #parting = new Set<Flow>()
  #socket: Socket | undefined
  #sweep: ReturnType<typeof setInterval> | undefined

  constructor(context: () => FrontContext) {
    this.#context = context
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
      const fail = (error: Error) => {
        socket.close()
        reject(error)
      }
      socket.once('error', fail)
      socket.bind({ port, address: host, exclusive: true }, () => {
        socket.removeListener('error', fail)
        socket.on('error', () => undefined)
        socket.on('message', (message, client) => this.#pass(message, client))
        this.#socket = socket
        this.#sweep = setInterval(() => this.#endIdle(), SWEEP_MS).unref()
        resolve(socket.address().port)
      })
    })
  }

  close(): void {
    clearInterval(this.#sweep)
    this.#socket?.close()
    this.#socket = undefined
    for (const flow of [...this.#flows.values(), ...this.#parting]) this.#end(flow)
  }

  destroy(): void {
    this.close()
  }

  #pass(message: Buffer, client: RemoteInfo): void {
    const key = `${client.address} ${client.port}`
    let flow = this.#flows.get(key)
    if (flow && !flow.lease.isPresent) {
      this.#flows.delete(key)
      this.#parting.add(flow)
      flow = undefined
    }
    flow ??= this.#begin(key, client)
    // Without a target the datagram is lost, as datagrams may be: their clients repeat.
    if (!flow) return
    flow.usedAt = performance.now()
    flow.socket.send(message, flow.lease.address.port, flow.lease.address.host)
  }

  #begin(key: string, client: RemoteInfo): Flow | undefined {
    const context = this.#context()
    const { table, stream } = context
    const lease = table.pick(stream, context.port())
    if (!lease) {
      table.demand(stream)
      return undefined
    }
    if (this.#flows.size >= MOST_FLOWS) this.#end([...this.#flows.values()].reduce((a, b) => (a.usedAt <= b.usedAt ? a : b)))
    const socket = createSocket(isIPv6(lease.address.host) ? 'udp6' : 'udp4')
    const flow: Flow = { context, client, lease, socket, usedAt: performance.now() }
    socket.on('error', () => undefined)
    socket.on('message', answer => {
      flow.usedAt = performance.now()
      this.#socket?.send(answer, client.port, client.address)
    })
    lease.closable(() => this.#end(flow))
    table.began(stream)
    this.#flows.set(key, flow)
    return flow
  }

  #endIdle(): void {
    const now = performance.now()
    for (const flow of [...this.#flows.values(), ...this.#parting])
      if (now - flow.usedAt > (flow.lease.isPresent ? IDLE_MS : PARTING_MS)) this.#end(flow)
  }

  #end(flow: Flow): void {
    const key = `${flow.client.address} ${flow.client.port}`
    const isOpen = this.#flows.get(key) === flow ? this.#flows.delete(key) : this.#parting.delete(flow)
    if (!isOpen) return
    flow.socket.close()
    flow.lease.end()
    flow.context.table.ended(flow.context.stream, false)
  }
}
