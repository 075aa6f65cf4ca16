import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { makeWorld, processesOf, scripted } from '../process/process-world.ts'
import { eventually } from './eventually.ts'
import { runtimeContract } from './runtime-contract.ts'
import type { RuntimeHarness, StandardPrograms } from './runtime-harness.ts'

const SERVER =
  "const s=require('http').createServer((_,r)=>r.end(process.env.LONGSHORE_TASK)).listen(process.env.PORT,process.env.HOST);process.on('SIGTERM',()=>process.exit(0))"

/** Every program begins by writing its task's id to `starts`: a second start of one id cannot hide. */
function makePrograms(starts: string): StandardPrograms {
  const counted = (script: string, changes: Partial<ServiceSpec> = {}): ServiceSpec =>
    scripted(`echo "$LONGSHORE_TASK_ID" >> ${starts}; ${script}`, changes)
  return {
    server: () => counted(`exec ${process.execPath} -e "${SERVER}"`, { expose: [{ target: 3000, protocol: 'tcp' }] }),
    exits: ({ code, afterMs, prints = '', errors = '' }) =>
      counted(`printf %s "$PRINTS"; printf %s "$ERRORS" >&2; sleep ${afterMs / 1_000}; exit ${code}`, {
        environment: { PRINTS: prints, ERRORS: errors },
      }),
    stubborn: () => counted('trap "" TERM; echo ready; while :; do sleep 1; done'),
    ticker: () => counted('trap "exit 0" TERM; i=0; while :; do i=$((i+1)); echo "tick $i"; sleep 0.1; done'),
    missing: () => ({ ...scripted(''), process: { command: ['no-such-program-anywhere'] } }),
  }
}

async function makeHarness(): Promise<RuntimeHarness> {
  const world = makeWorld()
  const counts = mkdtempSync(join(tmpdir(), 'longshore-starts-'))
  const starts = join(counts, 'starts')
  appendFileSync(starts, '')
  return {
    runtime: world.open(),
    installation: world.options.installation,
    programs: makePrograms(starts),
    alive: async id => processesOf(id).length > 0,
    // A child that runs has written its line, or will do so as its first deed.
    startsOf: async id =>
      await eventually(`${id} has told of its start`, () => {
        const isTold = processesOf(id).length === 0
        const count = readFileSync(starts, 'utf8')
          .split('\n')
          .filter(line => line === id).length
        return (count > 0 || isTold) && { count }
      }).then(({ count }) => count),
    kill: async id => {
      const leader = processesOf(id).find(one => one.pid === one.group)
      process.kill(leader!.pid, 'SIGKILL')
    },
    putSecret: async (stack, name, value) => {
      world.secrets.set(`${stack}/${name}/1`, value)
      return { version: 1, hash: 'hash' }
    },
    reopen: async installation => world.open(installation ? { installation } : {}),
    close: async () => {
      await world.close()
      rmSync(counts, { recursive: true, force: true })
    },
  }
}

runtimeContract('process', makeHarness)
