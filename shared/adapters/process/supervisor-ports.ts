import * as dgram from 'node:dgram'
import * as net from 'node:net'
import type { Address } from '../../domain/fact.ts'
import type { WantedPort } from './supervisor-order.ts'

const LOOPBACK = '127.0.0.1'
const ATTEMPTS = 20

type Held = { readonly port: number; release(): Promise<void> }

function holdTcp(port: number): Promise<Held> {
  const server = net.createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const release = (): Promise<void> => new Promise(done => server.close(() => done()))
      resolve({ port: (server.address() as net.AddressInfo).port, release })
    })
  })
}

function holdUdp(port: number): Promise<Held> {
  const socket = dgram.createSocket('udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address: LOOPBACK, port, exclusive: true }, () => {
      const release = (): Promise<void> => new Promise(done => socket.close(() => done()))
      resolve({ port: socket.address().port, release })
    })
  })
}

/** One number free in every protocol that is wanted of it. */
async function hold(wanted: WantedPort): Promise<Held> {
  for (let attempt = 1; ; attempt++) {
    const first = await (wanted.protocols.includes('tcp') ? holdTcp(0) : holdUdp(0))
    if (wanted.protocols.length < 2) return first
    try {
      const second = await holdUdp(first.port)
      const release = async (): Promise<void> => void (await Promise.all([first.release(), second.release()]))
      return { port: first.port, release }
    } catch (error) {
      await first.release()
      if (attempt === ATTEMPTS) throw error
    }
  }
}

export type ChosenPorts = { readonly addresses: Readonly<Record<string, Address>>; readonly environment: Readonly<Record<string, string>> }

/**
 * Free loopback ports for what the program listens on: PORT is the first, PORT_3000 the one that stands for 3000. They are all held
 * until all are chosen, so they differ; between that and the program's own bind another program could take one, which then ends the
 * task and has it replaced.
 */
export async function choosePorts(wanted: readonly WantedPort[]): Promise<ChosenPorts> {
  const addresses: Record<string, Address> = {}
  const environment: Record<string, string> = {}
  const held: Held[] = []
  try {
    for (const one of wanted) {
      const taken = await hold(one)
      held.push(taken)
      environment['PORT'] ??= String(taken.port)
      environment[`PORT_${one.target}`] = String(taken.port)
      for (const protocol of one.protocols) addresses[`${one.target}/${protocol}`] = { host: LOOPBACK, port: taken.port }
    }
  } finally {
    await Promise.all(held.map(one => one.release()))
  }
  return { addresses, environment }
}
