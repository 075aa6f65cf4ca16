import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KINDS, PROBE_DEFAULTS, type Probe } from '../../shared/domain/probe.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { APP_IMAGE } from './app-image.ts'
import { appSpec, type Runtime } from './installation.ts'

/** A service whose probes show what its test says: test/end-to-end/probed-app.js. */

export type Kind = (typeof KINDS)[number]
export type Shows = 'ok' | 'fail' | 'hang' | 'flap'
type Asked = 'ready' | 'live'

const PERIOD = 300
/** To begin a command in a container takes a busy machine seconds; what is late by chance would count beside what flaps. */
export const TIMEOUT = 5_000

/** Busybox has no other program than the shell here; all but the sleep is built into it. */
const COMMAND = `cd $STATE/$LONGSHORE_TASK_ID && read s < $0
case $s in
ok) exit 0;;
hang) sleep 3611;;
flap) read n < $0.n; test "$n" = 1 || { echo 1 > $0.n; exit 0; }; echo 0 > $0.n;;
esac
exit 1`

const ask = (runtime: Runtime, kind: Kind, asked: Asked): Pick<Probe, Kind> => {
  if (kind === 'http') return { http: { port: 3000, path: `/${asked}`, scheme: 'http' } }
  if (kind === 'tcp') return { tcp: { port: asked === 'ready' ? 3001 : 3002 } }
  if (kind === 'grpc') return { grpc: { port: 3003, service: asked } }
  return { exec: [runtime === 'docker' ? '/bin/sh' : 'sh', '-c', COMMAND, asked] }
}

const APP = new URL('probed-app.js', import.meta.url).pathname

/** `state`: a folder for the tasks of processes; a container keeps its own. */
export function probedSpec(
  runtime: Runtime,
  kind: Kind,
  { published, state }: { readonly published: number; readonly state: string },
): ServiceSpec {
  const timing = { ...PROBE_DEFAULTS, period: PERIOD, timeout: TIMEOUT, failureThreshold: 2 }
  const expose = [3001, 3002, 3003].map(target => ({ target, protocol: 'tcp' as const }))
  return appSpec({
    published,
    image: APP_IMAGE,
    expose,
    ...(runtime === 'docker' && { command: ['/bin/node', '/probed-app.js'] }),
    process: { command: [process.execPath, APP] },
    environment: { STATE: runtime === 'docker' ? '/tmp' : state },
    stopGracePeriod: 1_000,
    update: { monitor: 0 },
    probes: {
      startup: { ...timing, ...ask(runtime, kind, 'ready'), failureThreshold: 1_000 },
      readiness: { ...timing, ...ask(runtime, kind, 'ready') },
      liveness: { ...timing, ...ask(runtime, kind, 'live') },
    },
  })
}

/** From outside, past Longshore. */
export function tell(runtime: Runtime, state: string, task: string, asked: Asked, shows: Shows): void {
  if (runtime === 'docker') {
    execFileSync('docker', ['exec', task, '/bin/sh', '-c', `echo ${shows} > /tmp/${task}/${asked}`])
    return
  }
  mkdirSync(join(state, task), { recursive: true })
  writeFileSync(join(state, task, asked), `${shows}\n`)
}

/** Programs of probes that hang, and what they left behind, as the task's machine sees them. */
export function hanging(runtime: Runtime, tasks: readonly string[]): number {
  const lists =
    runtime === 'docker' ? tasks.map(id => run('docker', ['top', id, '-eo', 'pid,stat,args'])) : [run('ps', ['-eo', 'pid,stat,args'])]
  return lists.flatMap(list => list.split('\n')).filter(line => /sleep 3611$/.test(line) && !line.includes('sh -c')).length
}

const run = (program: string, argv: readonly string[]) => execFileSync(program, argv, { encoding: 'utf8' })
