import type { Server } from 'node:net'
import { CodedError } from '../../domain/errors.ts'
import type { AccessRecord } from './access-log.ts'
import type { RouteTable } from './route-table.ts'
import type { Settings } from './settings.ts'

/** What is needed to serve one published port for one stream. A front asks for it with each request or connection: a port may pass to another stream. */
export type FrontContext = {
  readonly stream: string
  /** The targets' port behind it, as "3000/tcp"; may change while it is open. */
  readonly port: () => string
  readonly table: RouteTable
  readonly settings: Settings
  readonly log: (record: AccessRecord) => void
}

/** One listening port. */
export type OpenFront = {
  /** @returns the port, which the system chooses when asked for 0. @throws what the system says, EADDRINUSE above all */
  listen(port: number, host: string): Promise<number>
  /** Takes nothing new; what is open finishes. */
  close(): void
  /** Ends what is open, too. */
  destroy(): void
}

export function listenOn(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: 1_024 }, () => {
      server.removeListener('error', reject)
      // EMFILE at accept is reported here: the port stays open, and the next connection may succeed.
      server.on('error', () => undefined)
      const address = server.address()
      resolve(address && typeof address === 'object' ? address.port : port)
    })
  })
}

/** Says why a port could not be listened on, for a person. */
export function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'another program listens on it'
  if (code === 'EACCES') return 'this user may not listen on it (ports below 1024 often need more rights)'
  if (code === 'EADDRNOTAVAIL') return 'this machine does not have that address'
  return error instanceof Error ? error.message : String(error)
}

export const portTaken = (problems: readonly { readonly published: number; readonly why: string }[]): CodedError =>
  new CodedError('LS-PORT-TAKEN', problems.map(({ published, why }) => `port ${published}: ${why}`).join('; '), {
    hint: 'Stop what uses the port, or publish another one.',
  })
