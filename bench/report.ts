import { cpus, totalmem } from 'node:os'
import { connectEngine } from '../shared/adapters/docker/connect-engine.ts'
import type { Figure, Result } from './figure.ts'

export type Machine = {
  readonly cores: number
  readonly cpu: string
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly engine: string
  /** Runnable processes a core over the last minute before the run: above 0.5 others were at work. */
  readonly load: number
}

export type Report = {
  readonly at: string
  readonly machine: Machine
  readonly benches: readonly ({ readonly name: string; readonly does: string; readonly seconds: number } & Result)[]
}

export async function machineFacts(load: number): Promise<Machine> {
  const engine = await connectEngine(process.env)
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    engine: 'problem' in engine ? 'none' : `Docker ${engine.version}`,
    load,
  }
}

const HEAD = ['name', 'figure', 'floor', 'ratio', 'goal', 'met'] as const

function cells({ name, value, unit, floor, ratio, goal }: Figure): readonly string[] {
  const show = (number: number) => `${number < 10 ? number.toFixed(2) : number < 1_000 ? number.toFixed(1) : Math.round(number)} ${unit}`
  return [
    name,
    show(value),
    floor === undefined ? '' : show(floor),
    ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
    goal === undefined ? '' : `≤ ${goal}×`,
    goal === undefined || ratio === undefined ? '' : ratio <= goal ? 'yes' : 'NO',
  ]
}

export function asText({ benches }: Report): string {
  const rows = benches.flatMap(bench => bench.figures.map(cells))
  const widths = HEAD.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ')
  const notes = benches.flatMap(bench => [
    ...bench.traces,
    ...bench.figures.flatMap(({ name, note }) => (note ? [`${name}: ${note}`] : [])),
  ])
  return [line(HEAD), ...rows.map(line), ...(notes.length ? ['', ...notes] : [])].map(text => text.trimEnd()).join('\n')
}

export function asMarkdown({ at, machine, benches }: Report): string {
  const { cores, cpu, memoryGb, system, node, engine, load } = machine
  const others =
    load > 0.5
      ? ` Others were at work on it meanwhile (load ${load.toFixed(1)} a core before the run): read the ratios, not the times.`
      : ''
  const tables = benches.map(bench => {
    const rows = bench.figures.map(figure => `| ${cells(figure).join(' | ')} |`)
    const notes = [...bench.traces, ...bench.figures.flatMap(({ name, note }) => (note ? [`${name}: ${note}`] : []))]
    const title = `## ${bench.name}\n\n${bench.does[0]!.toUpperCase()}${bench.does.slice(1)}. Took ${bench.seconds} s.`
    return [
      title,
      [`| ${HEAD.join(' | ')} |`, `|${'---|'.repeat(HEAD.length)}`, ...rows].join('\n'),
      notes.map(note => `- ${note}`).join('\n'),
    ]
      .filter(Boolean)
      .join('\n\n')
  })
  return `# Benchmarks

Written by \`npm run bench\`; the last whole run, on ${at.slice(0, 10)}. Each figure and its floor were measured in the same run, in turn; figure and floor
are medians over the rounds, and the ratio is the median of the rounds' own ratios.

${cores} cores (${cpu}), ${memoryGb} GB, ${system}, Node ${node}, ${engine}.${others}

${tables.join('\n\n')}
`
}
