import { parseArgs } from 'node:util'
import { idleKinds, total } from './exercised.ts'
import { type Kind, RULES, type RuleName } from './rules.ts'
import { simulate } from './simulate.ts'

// npm run simulate -- [--seeds N] [--from K] [--seed S --trace] [--kind ecs|docker] [--without RULE | --without-each]
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    kind: { type: 'string' },
    without: { type: 'string' },
    'without-each': { type: 'boolean', default: false },
  },
})
const from = Number(values.seed ?? values.from)
const seeds = Array.from({ length: values.seed ? 1 : Number(values.seeds) }, (_, index) => from + index)
const kinds: readonly Kind[] = values.kind ? [values.kind as Kind] : ['ecs', 'docker']
if (values.without && !(values.without in RULES)) throw new Error(`--without takes one of ${Object.keys(RULES).join(', ')}`)

async function check(
  kind: Kind,
  without: RuleName | undefined,
  stopAtFirst: boolean,
): Promise<{ readonly failed: readonly number[]; readonly first?: string }> {
  const failed: number[] = []
  const counts: Record<string, number> = {}
  let first: string | undefined
  const began = performance.now()
  for (const seed of seeds) {
    const result = await simulate({ seed, kind, without, trace: values.trace })
    total(counts, result.counts)
    counts['steps'] = (counts['steps'] ?? 0) + result.steps
    if (values.trace) console.log(result.lines.join('\n'))
    if (result.broken.length === 0) continue
    failed.push(seed)
    first ??= result.broken[0]
    if (stopAtFirst) break
    if (failed.length <= 12) console.log(`  ${kind} seed ${seed}:\n    ${result.broken.slice(0, 5).join('\n    ')}`)
  }
  if (stopAtFirst) return { failed, first }
  const took = ((performance.now() - began) / 1000).toFixed(1)
  console.log(
    `${kind}: ${seeds.length} seeds in ${took} s, ${failed.length} failed: ${failed.join(' ')}\n  ${Object.entries(counts)
      .sort()
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}`,
  )
  const idle = seeds.length < 20 ? [] : idleKinds(kind, counts)
  if (idle.length) console.log(`${kind}: never exercised: ${idle.join(', ')}`)
  return { failed: idle.length ? [...failed, -1] : failed, first }
}

if (values['without-each']) {
  for (const name of Object.keys(RULES) as RuleName[]) {
    const found: string[] = []
    for (const kind of kinds) {
      const { failed, first } = await check(kind, name, true)
      if (failed.length) found.push(`${kind} ${failed[0]}: ${first}`)
    }
    console.log(`| ${name} | ${found.join(' | ') || 'nothing broke'} |`)
  }
} else {
  for (const kind of kinds) if ((await check(kind, values.without as RuleName | undefined, false)).failed.length) process.exitCode = 1
}
