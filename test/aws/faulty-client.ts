/** What happens to one attempt of one call: it never arrives, its answer is lost, AWS holds it back, or it fails in another way. */
export type Fault = 'lost before' | 'lost after' | 'throttled' | Error | undefined

export type FaultyClient<C> = { readonly client: C; readonly calls: string[] }

type Middleware = (next: (args: never) => Promise<unknown>, context: { commandName?: string }) => (args: never) => Promise<unknown>

/**
 * Puts faults between the SDK's own retries and the wire, so that it meets them as it would meet the network's. `fault` is asked with the
 * command's name and how often it was tried before, counted from 1.
 */
export function makeFaulty<C extends object>(client: C, fault: (command: string, attempt: number) => Fault): FaultyClient<C> {
  const calls: string[] = []
  const attempts = new Map<string, number>()
  const middleware: Middleware = (next, context) => async args => {
    const command = String(context.commandName).replace(/Command$/, '')
    const attempt = (attempts.get(command) ?? 0) + 1
    attempts.set(command, attempt)
    calls.push(command)
    const planned = fault(command, attempt)
    if (planned === 'throttled') throw throttled()
    if (planned === 'lost before') throw lost()
    if (planned instanceof Error) throw planned
    const answer = await next(args)
    if (planned === 'lost after') throw lost()
    return answer
  }
  const { middlewareStack } = client as { middlewareStack: { add(middleware: unknown, options: object): void } }
  middlewareStack.add(middleware, { step: 'finalizeRequest', priority: 'low', name: 'faults' })
  return { client, calls }
}

/** As AWS answers when a rate is exceeded: the SDK pauses and tries again. */
const throttled = () =>
  Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 }, $fault: 'client' })

/** Nobody knows whether the request arrived. */
const lost = () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' })

/** Answers every call itself, in place of AWS; nothing is sent. What `answer` throws is what AWS would say. */
export function makeCanned<C extends object>(client: C, answer: (command: string, input: unknown) => unknown): FaultyClient<C> {
  const calls: string[] = []
  const middleware = (_next: unknown, context: { commandName?: string }) => async (args: { input: unknown }) => {
    const command = String(context.commandName).replace(/Command$/, '')
    calls.push(command)
    return { output: { $metadata: {}, ...((await answer(command, args.input)) as object) }, response: {} }
  }
  const { middlewareStack } = client as { middlewareStack: { add(middleware: unknown, options: object): void } }
  middlewareStack.add(middleware, { step: 'initialize', priority: 'low', name: 'canned' })
  return { client, calls }
}
