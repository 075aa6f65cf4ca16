// The whole count: node test/crash/run.ts [process|docker] [--times 3] [--moments 30] [--only "before append.TaskSeen"]
import { parseArgs } from 'node:util'
import type { Runtime } from '../end-to-end/installation.ts'
import { prepareRuntime } from '../end-to-end/runtimes.ts'
import { CRASH_POINTS, nameOf } from './crash-points.ts'
import { CrashTrials, type TrialReport } from './crash-trial.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '3' }, moments: { type: 'string', default: '30' }, only: { type: 'string' } },
})
const runtimes = (positionals.length ? positionals : ['process', 'docker']) as Runtime[]
let failed = 0
for (const runtime of runtimes) {
  await prepareRuntime(runtime)
  const trials = new CrashTrials(runtime, runtime === 'process' ? 17_300 : 17_400)
  const reports: TrialReport[] = []
  const add = (report: TrialReport) => {
    reports.push(report)
    const verdict = report.wrong.length ? `WRONG: ${report.wrong.join('; ')}` : report.died ? 'recovered' : 'the point was not reached'
    console.log(`${runtime}  ${report.point.padEnd(36)} ${verdict}`)
  }
  await trials.begin()
  for (const point of CRASH_POINTS) {
    if (values.only && nameOf(point) !== values.only) continue
    for (let nth = 1; nth <= Number(values.times); nth++) {
      const report = await trials.atPoint(point, nth)
      add(report)
      if (!report.died && nth > 1) add(await trials.atPoint(point, 1)) // a rollout does it only once: once more there
    }
  }
  for (let index = 0; index < Number(values.moments); index++)
    add(await trials.atMoment(Math.round((index * 2_500) / Number(values.moments))))
  const left = await trials.end()
  const wrong = reports.filter(report => report.wrong.length > 0).length
  failed += wrong + left.length
  console.log(
    `${runtime}: ${reports.length} trials, ${reports.filter(report => report.died).length} kills, ${wrong} wrong, ${left.length} tasks left in the end`,
  )
}
process.exitCode = failed ? 1 : 0
