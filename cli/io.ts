/** Everything that a command sees of the terminal and the machine; tests hand in their own. */
export type Io = {
  /** One line to standard output. */
  out(line: string): void
  /** One line to standard error. */
  err(line: string): void
  /** To standard output as it is, for redrawing. */
  write(text: string | Uint8Array): void
  /** Likewise to standard error. */
  writeErr(text: string | Uint8Array): void
  /** Standard output is a terminal that can redraw. */
  readonly isTty: boolean
  /** There is somebody to answer a question. */
  readonly isInteractive: boolean
  readonly colour: boolean
  columns(): number
  rows(): number
  ask(question: string): Promise<string>
  /** Standard input to its end, for `-f -`. */
  readInput(): Uint8Array
  /** Standard input as it comes, for a program elsewhere. */
  keyboard(): Keyboard
  /** Aborted by Ctrl-C. */
  readonly interrupt: AbortSignal
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  now(): number
}

/** Standard input while a program elsewhere has it. */
export type Keyboard = {
  chunks(): AsyncIterable<Uint8Array>
  /** Each key at once, Ctrl-C included. */
  setRaw(isRaw: boolean): void
  onResize(run: () => void): void
  /** Gives it back, as it was. */
  release(): void
}

/** Ctrl-C: ends the command, not what it began. `message` says how to come back. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** A command line that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** @throws Interrupted */
export function sleep(io: Pick<Io, 'interrupt'>, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(new Interrupted())
    }
    const timer = setTimeout(() => {
      io.interrupt.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    if (io.interrupt.aborted) onAbort()
    else io.interrupt.addEventListener('abort', onAbort, { once: true })
  })
}

/** Yes on Enter, as the capital letter of the question says. @throws Interrupted */
export async function confirm(io: Io, question: string): Promise<boolean> {
  for (;;) {
    const answer = (await io.ask(`${question} [Y/n] `)).trim().toLowerCase()
    if (answer === '' || answer === 'y' || answer === 'yes') return true
    if (answer === 'n' || answer === 'no') return false
  }
}
