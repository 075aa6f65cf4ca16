/** What one try showed; `why` is one line for people, of a failure. */
export type Tried = { readonly passed: true } | { readonly passed: false; readonly why: string }

export const PASSED: Tried = { passed: true }
export const failed = (why: string): Tried => ({ passed: false, why })
export const late = (timeoutMs: number): Tried => failed(`no answer within ${timeoutMs} ms`)

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
}

/** HTTP/2 tells what went wrong as the cause of a cancelled stream. */
export function failedBy(error: Error): Tried {
  const { code, message } = (error.cause instanceof Error ? error.cause : error) as NodeJS.ErrnoException
  return failed(WORDS[code ?? ''] ?? message.split('\n')[0]!)
}

/** Runs until it settles or the time is over; then `end` frees what it holds. */
export function withinTime(timeoutMs: number, run: (settle: (tried: Tried) => void) => () => void): Promise<Tried> {
  return new Promise(resolve => {
    let end = (): void => {}
    const settle = (tried: Tried): void => {
      clearTimeout(timer)
      resolve(tried)
      end()
    }
    const timer = setTimeout(() => settle(late(timeoutMs)), timeoutMs)
    end = run(settle)
  })
}
