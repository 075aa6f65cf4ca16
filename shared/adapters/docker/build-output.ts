/** One line of the engine's answer to a build, by either builder. */
export type BuildStep = {
  readonly id?: string
  readonly stream?: string
  readonly status?: string
  readonly error?: string
  readonly aux?: unknown
}

/** What a build has said so far: lines for a person, the image's id, and how it failed. */
export class BuildOutput {
  readonly #onLine: (line: string) => void
  readonly #tail: string[] = []
  readonly #named = new Set<string>()
  #open = ''
  imageId: string | undefined
  failure: string | undefined

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** The last lines, for the error of a failed build. */
  get tail(): readonly string[] {
    return this.#tail
  }

  add(step: BuildStep): void {
    if (step.error) this.failure = step.error.trim()
    if (step.stream) this.#text(step.stream)
    const made = (step.aux as { ID?: unknown } | undefined)?.ID
    if (typeof made === 'string') this.imageId = made
    if (step.id === 'moby.buildkit.trace' && typeof step.aux === 'string') this.#trace(Buffer.from(step.aux, 'base64'))
  }

  end(): void {
    if (this.#open) this.#text('\n')
  }

  #text(text: string): void {
    const lines = (this.#open + text).split('\n')
    this.#open = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) this.#say(line.trimEnd())
  }

  #say(line: string): void {
    this.#tail.push(line)
    if (this.#tail.length > 30) this.#tail.shift()
    this.#onLine(line)
  }

  /** BuildKit's StatusResponse (api/services/control/control.proto): 1 vertexes, 3 logs. */
  #trace(message: Buffer): void {
    for (const { field, bytes } of fieldsOf(message)) {
      if (field === 1) this.#vertex(bytes)
      else if (field === 3) this.#text(textIn(bytes, 4))
    }
  }

  /** Vertex: 1 digest, 3 name, 4 cached, 5 started, 7 error. Each is named once, when it starts. */
  #vertex(bytes: Buffer): void {
    const fields = fieldsOf(bytes)
    const digest = textIn(bytes, 1)
    if (this.#named.has(digest) || !fields.some(({ field }) => field === 5)) return
    this.#named.add(digest)
    this.#say(textIn(bytes, 3))
  }
}

type Field = { readonly field: number; readonly bytes: Buffer }

const textIn = (message: Buffer, wanted: number): string =>
  fieldsOf(message)
    .find(({ field }) => field === wanted)
    ?.bytes.toString('utf8') ?? ''

/** Protocol Buffers' wire format, as far as these messages use it: varints (0), eight bytes (1), length-delimited (2), four bytes (5). */
function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    return value
  }
  while (at < message.length) {
    const key = varint()
    const kind = key % 8
    if (kind === 0) varint()
    const length = kind === 2 ? varint() : kind === 1 ? 8 : kind === 5 ? 4 : 0
    fields.push({ field: Math.floor(key / 8), bytes: message.subarray(at, at + length) })
    at += length
  }
  return fields
}
