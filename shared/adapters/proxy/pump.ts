import type { Readable } from 'node:stream'

type Sink = {
  readonly destroyed: boolean
  readonly writableEnded: boolean
  write(chunk: Uint8Array): boolean
  on(event: 'drain' | 'close', listener: () => void): unknown
}

/**
 * Passes a body on chunk by chunk, at the pace of the slower side. A sink that is gone does not hold the source up: what it sends is read and
 * dropped, since a client whose body is not read never reads its answer. The sink is not ended, because trailers may follow.
 */
export function pump(source: Readable, sink: Sink, onChunk: (chunk: Uint8Array) => void): void {
  source.on('data', (chunk: Uint8Array) => {
    onChunk(chunk)
    if (!sink.destroyed && !sink.writableEnded && !sink.write(chunk)) source.pause()
  })
  sink.on('drain', () => source.resume())
  sink.on('close', () => source.resume())
}
