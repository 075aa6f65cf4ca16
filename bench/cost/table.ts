import { readFileSync, writeFileSync } from 'node:fs'
import { INSTANCE_MONTH, ZONE_MONTH } from '../../shared/adapters/cloud-map/names-cost.ts'
import { countDay, DAY } from './day.ts'
import { type Counts, costOf, times } from './meter.ts'
import { DAYS, HOURS, PRICES } from './prices.ts'

export const SIZES = [10, 100, 1_000] as const
/** Dollars a month for the control plane. */
export const GOALS: Readonly<Record<number, number>> = { 10: 10, 100: 50, 1000: 400 }

export type Cost = {
  readonly services: number
  readonly plane: number
  readonly parts: Readonly<Record<string, number>>
  /** Load balancers, and the names by which services find each other. */
  readonly traffic: number
  readonly tasks: number
}

/** What is there whether anything happens or not: alarms, the dashboard, secrets of the installation. */
export const STANDING = { alarmMonth: 14, dashboardMonth: 1, secretMonth: 2 } as const satisfies Counts

const GROUPS = {
  DynamoDB: ['dynamoRead', 'dynamoWrite'],
  Lambda: ['lambdaRequest', 'lambdaGbSecond'],
  'bus, queues, schedules, API': ['busEvent', 'schedule', 'sqsRequest', 'apiRequest', 'secretRequest'],
  'alarms, dashboard, logs, metrics': ['alarmMonth', 'dashboardMonth', 'secretMonth', 'logGb', 'metricRead'],
} as const satisfies Record<string, readonly (keyof typeof PRICES)[]>

export async function costOfServices(services: number): Promise<Cost> {
  const month = { ...times(await countDay(services), DAYS), ...STANDING }
  const parts = Object.fromEntries(
    Object.entries(GROUPS).map(([name, items]) => [
      name,
      costOf(Object.fromEntries(items.map(item => [item, (month as Counts)[item] ?? 0]))),
    ]),
  )
  const balancers = Math.ceil(services / DAY.servicesPerStack / 100) // 100 rules each
  const tasks = services * DAY.tasksPerService
  return {
    services,
    plane: costOf(month),
    parts,
    traffic: balancers * HOURS * (PRICES.albHour + PRICES.lcuHour) + ZONE_MONTH + tasks * INSTANCE_MONTH,
    tasks: tasks * HOURS * (PRICES.vcpuHour * 0.25 + PRICES.memoryGbHour * 0.5 + PRICES.publicAddressHour),
  }
}

/** Two digits: more would promise what nobody knows. */
const dollars = (amount: number): string => `$${Number(amount.toPrecision(2)).toLocaleString('en')}`

/** As README and docs/operations.md have it. */
export async function costTable(): Promise<string> {
  const costs: Cost[] = []
  for (const services of SIZES) costs.push(await costOfServices(services))
  const lines = costs.map(({ services, plane, parts, traffic, tasks }) =>
    [
      services.toLocaleString('en'),
      ...Object.values(parts).map(dollars),
      `**${dollars(plane)}**`,
      dollars(GOALS[services]!),
      dollars(traffic),
      dollars(tasks),
    ].join(' | '),
  )
  const head = ['services', ...Object.keys(GROUPS), 'control plane', 'goal', 'traffic', 'tasks']
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---:|').join('')}`, ...lines.map(line => `| ${line} |`)].join('\n')
}

export const DOCUMENTS = ['README.md', 'docs/operations.md'] as const
const ROOT = new URL('../../', import.meta.url)
const MARKED = /<!-- cost -->\n([\s\S]*?)\n<!-- \/cost -->/

/** The table as a document has it. */
export const tableIn = (document: string): string | undefined => MARKED.exec(readFileSync(new URL(document, ROOT), 'utf8'))?.[1]

export function writeTable(table: string): void {
  for (const document of DOCUMENTS) {
    const file = new URL(document, ROOT)
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(MARKED, () => `<!-- cost -->\n${table}\n<!-- /cost -->`),
    )
  }
}
