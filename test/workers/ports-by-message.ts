import type { MessagePort, Worker } from 'node:worker_threads'
import type { AllPorts } from '../../infra/local/handlers.ts'
import { CodedError, type ErrorCode } from '../../shared/domain/errors.ts'
import { ClockStepping } from '../../shared/ports/clock.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'

/** Ports over messages: what a handler in a thread of its own has of the world. No object is ever shared, only copies of values. */
type Call = { readonly id: number; readonly port: string; readonly method: string; readonly args: readonly unknown[] }
type Answer = {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string }
}

/** In the host: carries out the calls of one worker. */
export function servePorts(worker: Worker, ports: AllPorts): void {
  worker.on('message', async (message: { readonly call?: Call }) => {
    if (!message.call) return
    const { id, port, method, args } = message.call
    try {
      const target = ports[port as keyof AllPorts] as unknown as Record<string, (...args: readonly unknown[]) => unknown>
      worker.postMessage({ answer: { id, value: await target[method]!(...args) } satisfies Answer })
    } catch (error) {
      const { name, message: text, code } = error as Error & { code?: string }
      worker.postMessage({ answer: { id, error: { name, message: text, code } } satisfies Answer })
    }
  })
}

/** In the worker: an object that has every method, each of them a message to the host and back. */
export function portsByMessage(parent: MessagePort): { port(name: string, values?: object): never; onAnswer(answer: Answer): void } {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let nextId = 1
  const call = (port: string, method: string, args: readonly unknown[]) =>
    new Promise((resolve, reject) => {
      const id = nextId++
      waiting.set(id, { resolve, reject })
      parent.postMessage({ call: { id, port, method, args } satisfies Call })
    })
  return {
    port: (name, values = {}) =>
      new Proxy(values, {
        get: (target, method) =>
          method in target ? Reflect.get(target, method) : (...args: unknown[]) => call(name, String(method), args),
      }) as never,
    onAnswer: ({ id, value, error }) => {
      const { resolve, reject } = waiting.get(id)!
      waiting.delete(id)
      if (error) reject(revived(error))
      else resolve(value)
    },
  }
}

function revived({ name, message, code }: NonNullable<Answer['error']>): Error {
  if (code?.startsWith('LS-')) return new CodedError(code as ErrorCode, message)
  if (name === 'OutcomeUnknown') return new OutcomeUnknown(message)
  if (name === 'ClockStepping') return new ClockStepping(message)
  return Object.assign(new Error(message), { name })
}
