import middy from '@middy/core'
import { type SweepPorts, sweep as sweepAll } from '../shared/application/sweep.ts'

/** Each minute (T2). */
export const sweep = (ports: SweepPorts) =>
  middy<unknown, unknown>().handler(async () => {
    const report = await sweepAll(ports)
    if (report.held.length) {
      console.error(
        JSON.stringify({ level: 'error', message: 'tasks of ours that the log does not name are left alone (E7)', tasks: report.held }),
      )
    }
    return report
  })
