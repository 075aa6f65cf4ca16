import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { EXIT } from './exit-codes.ts'
import { Interrupted, type Io, type Keyboard } from './io.ts'

export type SystemIo = Io & {
  /** Waits until all output is with the operating system. */
  flush(): Promise<void>
  /** What Ctrl-C does, however often it is called. */
  end(): void
}

/**
 * The process's own terminal.
 * @param whenUnread what follows when the reader is gone (`| head`, a closed terminal): a quiet exit, since that is no error, or what Ctrl-C does
 */
export function systemIo({ whenUnread = 'exit' }: { readonly whenUnread?: 'exit' | 'end' } = {}): SystemIo {
  const { stdout, stderr, stdin, env } = process
  const interrupt = interruptedBy(process)
  for (const stream of [stdout, stderr])
    stream.on('error', error => {
      if (!['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      if (whenUnread === 'exit') process.exit(EXIT.ok)
      interrupt.abort()
    })
  const isTty = Boolean(stdout.isTTY) && env['TERM'] !== 'dumb'
  return {
    out: line => void stdout.write(`${line}\n`),
    err: line => void stderr.write(`${line}\n`),
    write: text => void stdout.write(text),
    writeErr: text => void stderr.write(text),
    isTty,
    isInteractive: isTty && Boolean(stdin.isTTY),
    colour: isTty && !env['NO_COLOR'],
    columns: () => stdout.columns ?? 80,
    rows: () => stdout.rows ?? 24,
    ask: question => ask(question, interrupt),
    readInput: () => readFileSync(0),
    keyboard: () => keyboardOf(process),
    interrupt: interrupt.signal,
    env: Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
    cwd: process.cwd(),
    now: () => Date.now(),
    end: () => interrupt.abort(),
    flush: async () => {
      for (const stream of [stdout, stderr]) await new Promise<void>(resolve => stream.write('', () => resolve()))
    },
  }
}

function keyboardOf({ stdin, stdout }: NodeJS.Process): Keyboard {
  const resized: (() => void)[] = []
  return {
    chunks: () => stdin,
    setRaw: isRaw => void (stdin.isTTY && stdin.setRawMode(isRaw)),
    onResize: run => {
      resized.push(run)
      stdout.on('resize', run)
    },
    release: () => {
      if (stdin.isTTY) stdin.setRawMode(false)
      for (const run of resized) stdout.off('resize', run)
      stdin.destroy()
    },
  }
}

/** npm hands on a Ctrl-C that the terminal has already sent: what comes within half a second is the same one. */
const SAME_PRESS_MS = 500

/** The first Ctrl-C ends in good order, the second at once. */
function interruptedBy(process: NodeJS.Process): AbortController {
  const interrupt = new AbortController()
  let pressedAt = 0
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted && Date.now() - pressedAt > SAME_PRESS_MS) process.exit(EXIT.interrupted)
    if (!interrupt.signal.aborted) pressedAt = Date.now()
    interrupt.abort()
  })
  return interrupt
}

async function ask(question: string, interrupt: AbortController): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  // In a prompt the terminal is raw: Ctrl-C comes as a key and not as a signal.
  lines.on('SIGINT', () => interrupt.abort())
  const closed = new Promise<never>((_, reject) => lines.once('close', () => reject(new Interrupted('nothing was done'))))
  closed.catch(() => {})
  try {
    return await Promise.race([lines.question(question, { signal: interrupt.signal }), closed])
  } catch {
    process.stdout.write('\n')
    throw new Interrupted('nothing was done')
  } finally {
    lines.close()
  }
}
