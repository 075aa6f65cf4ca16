import { FUNCTION_TABLE, type FunctionRow } from '../../infra/function-table.ts'
import { atEnd } from './at-end.ts'
import { listening } from './complaints.ts'
import { LAST_LEVELS, scaling } from './demand.ts'
import { EventPlane, type Invoke } from './event-plane.ts'
import { flapping } from './flapping.ts'
import { Host } from './host.ts'
import { Installation } from './installation.ts'
import { Judge } from './judge.ts'
import { Lambdas } from './lambdas.ts'
import { misfortunes } from './misfortunes.ts'
import { checkRows } from './read-model-checks.ts'
import { type Kind, MINUTE, type RuleName, SECOND } from './rules.ts'
import { ScaleJudge } from './scale-judge.ts'
import { type Shop, shopOf } from './shop.ts'
import { eventOf, isLive } from './tasks.ts'
import { Users } from './users.ts'
import { World } from './world.ts'

export type Options = { readonly seed: number; readonly kind: Kind; readonly without?: RuleName; readonly trace?: boolean }
export type Result = {
  readonly broken: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  /** The whole log as text. */
  readonly log: string
  readonly lines: readonly string[]
  readonly steps: number
}

/** A wired world: the real functions against simulated everything else. */
export type Simulation = {
  readonly world: World
  readonly installation: Installation
  readonly http: Invoke
  readonly host?: Host
  readonly plane: EventPlane
  readonly judge: Judge
}

export function wire(world: World, shop: Shop): Simulation {
  const late: { plane?: EventPlane } = {}
  const installation = new Installation(world, () => late.plane!)
  const judge = new Judge(installation, shop)
  const scaleJudge = new ScaleJudge(installation)
  const runner =
    world.kind === 'ecs'
      ? new Lambdas(installation, FUNCTION_TABLE, () => late.plane!)
      : new Host(installation, FUNCTION_TABLE, () => late.plane!)
  const host = runner instanceof Host ? runner : undefined
  const plane = new EventPlane(world, FUNCTION_TABLE, runner.invoke)
  late.plane = plane
  world.scheduler.needsLoop = () => runner.needsLoop()
  if (runner instanceof Lambdas) runner.onDone = intended => judge.onEnd(intended)
  installation.storage.onStored = commit => {
    installation.storage.of(commit.stream).add(commit, world.now)
    world.say(`${commit.stream} ${commit.version} ${commit.actor}: ${commit.events.map(event => JSON.stringify(event)).join('; ')}`)
    judge.onCommit(commit)
    scaleJudge.onCommit(commit)
    host?.hears(commit)
    plane.onStored(commit)
  }
  installation.tasks.onChange = task => {
    if (task.state === 'created' || (host && !host.isUp)) return
    plane.onTaskSeen(eventOf(world, task))
  }
  schedule(world, host?.http ?? runner.invoke)
  host?.start()
  return { world, installation, http: host?.http ?? runner.invoke, host, plane, judge }
}

function schedule(world: World, invoke: Invoke): void {
  for (const row of FUNCTION_TABLE) {
    if (!world.holds(row.name as 'sweep')) continue
    for (const trigger of row.triggers) {
      if (trigger.kind !== 'schedule') continue
      every(world, row, SECOND * (world.kind === 'ecs' ? trigger.cloudMinutes * 60 : trigger.home), invoke)
    }
  }
}

function every(world: World, row: FunctionRow, period: number, invoke: Invoke): void {
  const tick = () => {
    invoke(row.name, '{}', () => {})
    world.after(period, tick)
  }
  world.after(world.between(0, period), tick)
}

/** Faults and users until then; afterwards everything must come right by itself. */
export const FAULTS_END = 45 * MINUTE
/** The audit comes within the hour, the longest deadlines after it. Most worlds are right sooner, and looking early only saves time. */
const LOOKS = [12, 30, 75, 120, 180]

export async function simulate(options: Options): Promise<Result> {
  const world = new World(options)
  return listening(world, async () => {
    const shop = shopOf(options.seed, options.kind)
    const simulation = wire(world, shop)
    const { installation, http, host } = simulation
    installation.tasks.mortal = options.seed % 2 === 0
    const users = new Users(world, shop, (event, onDone) => http('api', event, onDone))
    users.begin()
    misfortunes(installation, host)
    flapping(world, installation.tasks)
    if (shop.policies) scaling(simulation)
    await world.scheduler.run(FAULTS_END, () => world.broken.length > 0)
    world.faults = false
    if (shop.policies) installation.load.set(world.random.pick(LAST_LEVELS))
    installation.tasks.outageUntil = installation.tasks.refusingUntil = 0
    let wrong: readonly string[] = []
    for (const after of LOOKS) {
      await world.scheduler.run(FAULTS_END + after * MINUTE, () => world.broken.length > 0)
      wrong = world.broken.length ? [] : atEnd(installation, shop, users.asked)
      if (wrong.length > 0) continue
      world.count(`right within ${after} min`)
      break
    }
    if (wrong.length + world.broken.length === 0) wrong = await checkRows(installation)
    const log = [...installation.storage.commits.values()]
      .flat()
      .map(commit => JSON.stringify(commit))
      .join('\n')
    world.counts['tasks'] = installation.tasks.all.length
    world.counts['live'] = installation.tasks.all.filter(isLive).length
    return {
      broken: [...world.broken, ...wrong.map(what => `in the end: ${what}`)],
      counts: world.counts,
      log,
      lines: world.lines,
      steps: world.scheduler.steps,
    }
  })
}
