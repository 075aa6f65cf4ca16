import type { AllPorts } from '../../infra/local/handlers.ts'
import type { Commit } from '../../shared/domain/commit.ts'

/** Where a host can be killed: just before or just after an append with this event, or a call with an effect. */
export type CrashPoint = { readonly when: 'before' | 'after'; readonly what: string }

const APPENDS = [
  'WishesChanged',
  'WishTaken',
  'StartsIntended',
  'TaskSeen',
  'TaskAvailable',
  'DrainStarted',
  'DrainOver',
  'StopsIntended',
  'DeploymentEnded',
  'ServiceSettled',
]
const EFFECTS = ['runtime.prepare', 'runtime.start', 'runtime.stop', 'router.apply', 'readModel.write', 'bus.publish']

/** Every named crash point of a rollout. */
export const CRASH_POINTS: readonly CrashPoint[] = [...APPENDS.map(type => `append.${type}`), ...EFFECTS].flatMap(what => [
  { when: 'before', what } as const,
  { when: 'after', what } as const,
])

export const nameOf = ({ when, what }: CrashPoint): string => `${when} ${what}`

/** The same ports, whose `nth` call at the point ends this process as a power cut would: SIGKILL, nothing flushed, nobody told. */
export function crashingAt(ports: AllPorts, { when, what }: CrashPoint, nth: number): AllPorts {
  let left = nth
  const around = async <T>(isThePoint: boolean, call: () => Promise<T>): Promise<T> => {
    const dies = isThePoint && --left === 0
    if (dies && when === 'before') die()
    const answer = await call()
    if (dies) die()
    return answer
  }
  const wrap = <P extends object>(port: P, name: string): P =>
    new Proxy(port, {
      get: (target, method) => {
        const member = Reflect.get(target, method) as unknown
        if (typeof member !== 'function') return member
        const call = (...args: unknown[]) => (member as (...args: unknown[]) => Promise<unknown>).apply(target, args)
        if (name === 'log' && method === 'put')
          return (commit: Commit<{ type: string }>) =>
            around(
              commit.events.some(event => `append.${event.type}` === what),
              () => call(commit),
            )
        return `${name}.${String(method)}` === what ? (...args: unknown[]) => around(true, () => call(...args)) : call
      },
    })
  return {
    ...ports,
    log: wrap(ports.log, 'log'),
    runtime: wrap(ports.runtime, 'runtime'),
    router: wrap(ports.router, 'router'),
    readModel: wrap(ports.readModel, 'readModel'),
    bus: wrap(ports.bus, 'bus'),
  }
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;); // the signal is on its way; nothing more may happen
}
