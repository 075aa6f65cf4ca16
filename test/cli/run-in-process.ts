import type { Io, Keyboard } from '../../cli/io.ts'
import { runCli } from '../../cli/program.ts'

export type Ran = { readonly code: number; readonly out: string; readonly err: string }
export type Surroundings = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly isTty?: boolean
  readonly columns?: number
  /** What the person types at each question. */
  readonly typed?: readonly string[]
  /** Standard input, for a program elsewhere. */
  readonly input?: string
  readonly interrupt?: AbortSignal
  readonly onOut?: (text: string) => void
}

const keyboardOf = (text: string): Keyboard => ({
  chunks: async function* () {
    yield Buffer.from(text)
  },
  setRaw: () => {},
  onResize: () => {},
  release: () => {},
})

/** Runs one command line in this process, on a terminal of the test's own. */
export async function run(argv: readonly string[], around: Surroundings = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const typed = [...(around.typed ?? [])]
  const write = (text: string | Uint8Array) => {
    const told = typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
    out += told
    around.onOut?.(told)
  }
  const io: Io = {
    out: line => write(`${line}\n`),
    err: line => {
      err += `${line}\n`
    },
    write,
    isTty: around.isTty ?? false,
    isInteractive: around.typed !== undefined,
    colour: false,
    columns: () => around.columns ?? 100,
    rows: () => 30,
    ask: async question => {
      write(question)
      return typed.shift() ?? ''
    },
    writeErr: text => {
      err += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
    },
    readInput: () => new Uint8Array(),
    keyboard: () => keyboardOf(around.input ?? ''),
    interrupt: around.interrupt ?? new AbortController().signal,
    env: around.env ?? {},
    cwd: around.cwd ?? process.cwd(),
    now: () => Date.now(),
  }
  const code = await runCli(argv, io)
  return { code, out, err }
}
