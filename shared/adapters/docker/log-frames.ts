/** One message of the engine's log: the log driver breaks long lines into messages of 16 KB, of which only the last ends its line. */
export type Message = { readonly stream: 'stdout' | 'stderr'; readonly stamp: string; readonly text: Buffer; readonly endsLine: boolean }

const NEWLINE = 0x0a
const SPACE = 0x20
const HEADER = 8
const PART = 16_384

/** Splits the engine's multiplexed log with timestamps into messages: a header of 8 bytes each, then the timestamp, a space and the text. */
export async function* messagesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Message> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    let start = 0
    while (rest.length - start >= HEADER) {
      const end = start + HEADER + rest.readUInt32BE(start + 4)
      if (rest.length < end) break
      yield messageOf(rest[start] === 2 ? 'stderr' : 'stdout', rest.subarray(start + HEADER, end))
      start = end
    }
    rest = rest.subarray(start)
  }
}

function messageOf(stream: Message['stream'], payload: Buffer): Message {
  const space = payload.indexOf(SPACE)
  const endsLine = payload.at(-1) === NEWLINE
  return { stream, stamp: payload.toString('latin1', 0, space), text: payload.subarray(space + 1, endsLine ? -1 : undefined), endsLine }
}

/**
 * A terminal's log has no headers: each message is a timestamp and its text, so a line of several messages has timestamps in the middle,
 * after each full part.
 */
export async function* terminalMessagesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Message> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield terminalMessage(rest.subarray(0, end), true)
      rest = rest.subarray(end + 1)
    }
  }
  if (rest.length) yield terminalMessage(rest, false)
}

function terminalMessage(line: Buffer, endsLine: boolean): Message {
  const stampLength = line.indexOf(SPACE)
  const stamp = line.toString('latin1', 0, stampLength)
  const parts: Buffer[] = []
  for (let start = 0; start < line.length; ) {
    const isStamp = /^\d{4}-\d\d-\d\dT[\d:.]+Z $/.test(line.toString('latin1', start, line.indexOf(SPACE, start) + 1))
    const from = isStamp ? line.indexOf(SPACE, start) + 1 : start
    parts.push(line.subarray(from, from + PART))
    start = from + PART
  }
  const text = Buffer.concat(parts)
  return { stream: 'stdout', stamp, text: text.at(-1) === 0x0d ? text.subarray(0, -1) : text, endsLine }
}

/** A whole line; the stamp is its first message's. */
export type StampedLine = { readonly stream: Message['stream']; readonly stamp: string; readonly text: string }

/** Joins messages into lines. What has no end yet is given only when nothing can follow (`isOver`). */
export async function* linesOf(messages: AsyncIterable<Message>, isOver: boolean): AsyncGenerator<StampedLine> {
  const open = new Map<Message['stream'], { readonly stamp: string; readonly parts: Buffer[] }>()
  for await (const { stream, stamp, text, endsLine } of messages) {
    const line = open.get(stream) ?? { stamp, parts: [] }
    line.parts.push(text)
    if (!endsLine) {
      open.set(stream, line)
      continue
    }
    open.delete(stream)
    yield { stream, stamp: line.stamp, text: Buffer.concat(line.parts).toString('utf8') }
  }
  if (!isOver) return
  for (const [stream, { stamp, parts }] of open) yield { stream, stamp, text: Buffer.concat(parts).toString('utf8') }
}
