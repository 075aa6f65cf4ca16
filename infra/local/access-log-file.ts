import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs'

const MOST_BYTES = 50_000_000

/** The router's access log: one JSON line a request, and one older file when it grows beyond 50 MB. */
export class AccessLogFile {
  private stream: WriteStream
  private bytes: number
  private readonly path: string
  constructor(path: string) {
    this.path = path
    this.bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    this.stream = open(path)
  }

  readonly write = (line: string): void => {
    this.bytes += line.length + 1
    if (this.bytes > MOST_BYTES) this.rotate()
    this.stream.write(`${line}\n`)
  }

  private rotate(): void {
    this.stream.end()
    renameSync(this.path, `${this.path}.1`)
    this.stream = open(this.path)
    this.bytes = 0
  }

  close(): Promise<void> {
    return new Promise(resolve => this.stream.end(resolve))
  }
}

/** A log that cannot be written must not take requests down with it. */
function open(path: string): WriteStream {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
  stream.on('error', () => {})
  return stream
}
