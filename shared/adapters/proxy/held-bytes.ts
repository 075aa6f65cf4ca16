import type { Socket } from 'node:net'

/** What a client may send ahead while it waits; more stays in its own buffers. */
const MOST_BYTES = 65_536

/**
 * Reads a connection that waits for a target, so that its end is noticed, which closes it. What came is put back by the answered function, which must be
 * called before anybody else reads.
 */
export function holdBytes(socket: Socket): () => void {
  const chunks: Buffer[] = []
  let size = 0
  const take = (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size >= MOST_BYTES) socket.pause()
  }
  const leave = () => socket.destroy()
  socket.on('data', take)
  socket.once('end', leave)
  return () => {
    socket.pause()
    socket.removeListener('data', take)
    socket.removeListener('end', leave)
    if (size > 0 && !socket.destroyed) socket.unshift(Buffer.concat(chunks))
  }
}
