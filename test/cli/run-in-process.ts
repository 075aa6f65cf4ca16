import type { Io } from '../../cli/io.ts'
import { runCli } from '../../cli/program.ts'

export type Ran = { readonly code: number; readonly out: string; readonly err: string }
export type Surroundings = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly isTty?: boolean
  readonly columns?: number
  /** What the person types at each question. */
  readonly typed?: readonly string[]
  readonly interrupt?: AbortSignal
  readonly onOut?: (text: string) => void
}

/** Runs one command line in this process, on a terminal of the test's own. */
export async function run(argv: readonly string[], around: Surroundings = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const typed = [...(around.typed ?? [])]
  const write = (text: string) => {
    out += text
    around.onOut?.(text)
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
    readInput: () => new Uint8Array(),
    interrupt: around.interrupt ?? new AbortController().signal,
    env: around.env ?? {},
    cwd: around.cwd ?? process.cwd(),
    now: () => Date.now(),
  }
  const code = await runCli(argv, io)
  return { code, out, err }
}
