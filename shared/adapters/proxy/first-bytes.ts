import type { Socket } from 'node:net'

/**
 * Shows the first bytes of a connection to `choose` and puts them back, so that whoever is chosen reads them again. A connection that says nothing for
 * `ms`, or is gone before it does, is dropped.
 */
export function onFirstBytes(socket: Socket, ms: number, choose: (bytes: Buffer) => void): void {
  const drop = () => socket.destroy()
  const timer = setTimeout(drop, ms)
  const stop = () => {
    clearTimeout(timer)
    socket.removeListener('error', drop)
    socket.removeListener('close', stop)
  }
  socket.on('error', drop)
  socket.on('close', stop)
  socket.once('readable', () => {
    stop()
    const bytes: Buffer | null = socket.read()
    if (!bytes) {
      socket.on('error', () => undefined)
      drop()
      return
    }
    socket.unshift(bytes)
    choose(bytes)
  })
}
