import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { bundles } from './bundles.ts'
import { command } from './command.ts'
import { create } from './create.ts'
import type { Bench } from './figure.ts'
import { fromZero } from './from-zero.ts'
import { heal } from './heal.ts'
import { plane } from './plane.ts'
import { replay } from './replay.ts'
import { asMarkdown, asText, machineFacts, type Report } from './report.ts'
import { start } from './start.ts'

/** node bench/run.ts [--format table|json] [name …]: all benchmarks, or those named. A whole run is kept in docs/benchmarks.md. */
const BENCHES: readonly Bench[] = [command, create, fromZero, heal, replay, plane, start, bundles]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { format: { type: 'string', default: 'table' }, help: { type: 'boolean', default: false } },
})
const unknown = positionals.filter(name => !BENCHES.some(bench => bench.name === name))
if (values.help || unknown.length || !['table', 'json'].includes(values.format)) {
  const names = BENCHES.map(bench => `  ${bench.name.padEnd(10)} ${bench.does}`).join('\n')
  console.error(`${unknown.length ? `no benchmark ${unknown.join(', ')}\n` : ''}node bench/run.ts [--format table|json] [name …]\n${names}`)
  process.exit(values.help ? 0 : 2)
}

const machine = await machineFacts(loadavg()[0]! / availableParallelism())
const chosen = BENCHES.filter(bench => positionals.length === 0 || positionals.includes(bench.name))
const benches: Report['benches'][number][] = []
for (const bench of chosen) {
  process.stderr.write(`${bench.name}: ${bench.does} … `)
  const began = performance.now()
  const result = await bench.run()
  const seconds = Math.round((performance.now() - began) / 1_000)
  process.stderr.write(`${seconds} s\n`)
  benches.push({ name: bench.name, does: bench.does, seconds, ...result })
}
const report: Report = { at: new Date().toISOString(), machine, benches }
if (positionals.length === 0) writeFileSync(new URL('../docs/benchmarks.md', import.meta.url), asMarkdown(report))
console.log(values.format === 'json' ? JSON.stringify(report, undefined, 2) : asText(report))
