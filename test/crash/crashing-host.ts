// A host of its own process, perhaps with a crash point: node crashing-host.ts FOLDER RUNTIME PORT [POINT NTH]
import { FUNCTION_TABLE } from '../../infra/function-table.ts'
import { invokeInProcess } from '../../infra/local/handlers.ts'
import { startHost } from '../../infra/local/host.ts'
import { type CrashPoint, crashingAt } from './crash-points.ts'

const [folder, runtime, port, point, nth] = process.argv.slice(2)
const [when, what] = (point ?? '').split(' ')
await startHost({
  folder: folder!,
  runtime: runtime as 'process' | 'docker',
  port: Number(port),
  invoker: ports => invokeInProcess(FUNCTION_TABLE, what ? crashingAt(ports, { when, what } as CrashPoint, Number(nth)) : ports),
})
console.log('ready')
