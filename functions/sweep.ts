import middy from '@middy/core'
import { sweep as sweepAll } from '../shared/application/sweep.ts'
import type { ActPorts } from '../shared/application/wake.ts'

/** Each minute (T2). */
export const sweep = (ports: ActPorts) =>
  middy<unknown, unknown>().handler(async () => {
    const report = await sweepAll(ports)
    if (report.held.length) {
      console.error(
        JSON.stringify({ level: 'error', message: 'tasks of ours that the log does not name are left alone (E7)', tasks: report.held }),
      )
    }
    return report
  })
