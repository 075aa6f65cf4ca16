import { createServer } from 'node:net'

/** Whether a server can listen there now. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** The port, or the next free one above it. */
export async function freePort(first: number): Promise<number> {
  for (let port = first; ; port++) if (await isFree(port)) return port
}
