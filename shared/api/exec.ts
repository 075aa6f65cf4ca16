import * as z from 'zod/mini'
import '../domain/english.ts'

/**
 * `GET /v1/stacks/{stack}/exec` with `Upgrade: longshore-exec`: a program inside of a task. After 101 both sides send frames: a type, three
 * zeros, the payload's length (32 bits, big-endian), the payload; that is Docker's own layout. The client opens, then sends input (an empty
 * one ends it) and resizes; the host answers opened or error, then output, and at last exit or error.
 */
export const EXEC_PROTOCOL = 'longshore-exec'

export const FRAME = { stdin: 0, stdout: 1, stderr: 2, exit: 3, error: 4, open: 5, opened: 6, resize: 7 } as const

const Size = { columns: z.int().check(z.minimum(1), z.maximum(10_000)), rows: z.int().check(z.minimum(1), z.maximum(10_000)) }

export const ExecOpen = z.strictObject({
  /** A service, whose oldest task that runs is meant, or `web.7`. */
  subject: z.string().check(z.minLength(1)),
  command: z.array(z.string()).check(z.minLength(1)),
  user: z.optional(z.string()),
  workingDir: z.optional(z.string()),
  environment: z._default(z.record(z.string().check(z.regex(/^[^=\0]+$/)), z.string()), {}),
  terminal: z.optional(z.strictObject(Size)),
})
export const ExecOpened = z.object({ task: z.string(), hasTerminal: z.boolean() })
export const ExecResize = z.strictObject(Size)
export const ExecExit = z.object({ code: z.int() })

export type ExecOpen = z.infer<typeof ExecOpen>
export type ExecOpened = z.infer<typeof ExecOpened>

const HEADER = 8
const LONGEST = 1_048_576

export type Frame = { readonly type: number; readonly payload: Buffer }

export function frame(type: number, payload: Uint8Array | string | object): Buffer {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  const header = Buffer.alloc(HEADER)
  header[0] = type
  header.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

/** @throws RangeError on a frame that is longer than anybody sends; what ends in the middle of one is left out */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    rest = rest.length ? Buffer.concat([rest, chunk]) : Buffer.from(chunk)
    while (rest.length >= HEADER) {
      const end = HEADER + rest.readUInt32BE(4)
      if (end > LONGEST) throw new RangeError(`a frame of ${end} bytes`)
      if (rest.length < end) break
      yield { type: rest[0]!, payload: rest.subarray(HEADER, end) }
      rest = rest.subarray(end)
    }
  }
}
