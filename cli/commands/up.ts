import { Option } from 'commander'
import type { HostInfo, Plan } from '../../shared/api/contract.ts'
import type { DeployRequest } from '../../shared/api/deploy-request.ts'
import type { Loaded } from '../../shared/compose/load.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { buildImages, unbuiltImages } from '../build-images.ts'
import { type Cli, type CommandSpec, declined, type Given, isJson, printJson, printLines } from '../command.ts'
import { type FoundFiles, loadStack } from '../compose-files.ts'
import { ensureHost } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { follow } from '../follow.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { confirm } from '../io.ts'
import { placed } from '../placed-error.ts'
import { placeText } from '../render/error.ts'
import { machineText, renderPlan } from '../render/plan.ts'
import { report, urlsText } from '../report.ts'
import { seconds } from './options.ts'

export const up: CommandSpec = {
  name: 'up',
  summary: 'deploys the Compose file: shows the plan, then follows it until it is done or failed',
  group: 'Deploy',
  options: [
    new Option('-d, --detach', 'return when the deployment is recorded'),
    new Option('--wait', 'follow until it is done or failed (the default)'),
    new Option('--wait-timeout <seconds>', 'give up following after so long; the deployment goes on').argParser(seconds),
    new Option('--dry-run', 'show the plan and change nothing'),
    new Option('-y, --yes', 'do not ask'),
    new Option('--build', 'build images first (the default where the file has build:)'),
    new Option('--no-build', 'use the images that are there'),
  ],
  run: runUp,
}

/** `up`, without touching anything. */
export const diff: CommandSpec = {
  name: 'diff',
  summary: 'what up would change',
  group: 'Look',
  run: (cli, { options }) => runUp(cli, { operands: [], options: { ...options, dryRun: true } }),
}

async function runUp(cli: Cli, { options }: Given): Promise<number> {
  const { io, api } = cli
  const loaded = await loadStack(cli)
  if (Object.keys(loaded.stack.services).length === 0)
    throw new CodedError('LS-COMPOSE-VALUE', 'no service is selected', { hint: '--profile switches on the services of a profile.' })
  const host = await ensureHost(cli)
  const { name } = loaded.stack
  const isElsewhere = host.runtime === 'ecs'
  const isBuilding = options['build'] !== false
  const builds = host.runtime === 'process' || !(isBuilding || isElsewhere) ? [] : loaded.builds
  const push = isElsewhere ? () => api.registry(name) : undefined
  const digests = options['dryRun'] ? await unbuiltImages(builds, isElsewhere) : await buildImages(cli, builds, { build: isBuilding, push })
  const request = requestOf(loaded, digests)
  const plan = await placed(loaded, () => api.plan(name, request))
  const isShown = !isJson(cli) || options['dryRun']
  const isBuilt = options['dryRun'] && builds.length > 0
  const more = isBuilt ? [`no image is built${isElsewhere ? ' or pushed' : ''} in a dry run: up may find that one has changed`] : []
  if (isShown) showPlan(cli, { ...plan, notes: [...plan.notes, ...more] }, loaded, host)
  if (options['dryRun']) return EXIT.ok
  const isNothing = plan.changes.every(({ change }) => change === 'none')
  if (!isNothing && !isJson(cli) && io.isInteractive && !options['yes']) {
    if (!(await confirm(io, 'Deploy?'))) return declined(cli)
  }
  const before = await api.status(name).catch(() => undefined)
  const accepted = await placed(loaded, () => api.deploy(name, request, idempotencyKey(io.now())))
  if (!accepted.changed && before?.settled) {
    if (isJson(cli)) printJson(io, { outcome: 'ok', ...accepted })
    else io.out(`\nNothing to do: everything is as the file says.${await urlsText(cli, before)}`)
    return EXIT.ok
  }
  if (options['detach']) {
    if (isJson(cli)) printJson(io, accepted)
    else
      io.out(
        `Deployment ${accepted.deployment} is recorded. Follow it: longshore status -p ${name}     undo: longshore rollback -p ${name}`,
      )
    return EXIT.ok
  }
  if (!isJson(cli)) io.out('')
  return report(cli, await follow(cli, name, accepted.deployment, { timeoutMs: options['waitTimeout'] as number | undefined }), before)
}

export function requestOf({ stack, secrets, blobs }: Loaded, digests: Readonly<Record<string, string>>): DeployRequest {
  const services = Object.entries(stack.services).map(([service, wanted]) => {
    const digest = digests[service]
    return [service, digest ? { ...wanted, spec: { ...wanted.spec, digest } } : wanted] as const
  })
  const contents = Object.entries(blobs).map(([hash, content]) => [hash, Buffer.from(content).toString('base64')] as const)
  return { spec: { ...stack, services: Object.fromEntries(services) }, secrets, blobs: Object.fromEntries(contents) }
}

function showPlan(cli: Cli, plan: Plan, loaded: Loaded & FoundFiles, host: HostInfo): void {
  const { io, paint } = cli
  const notes = [
    ...plan.notes,
    ...loaded.notes.map(({ place, service, text }) => `${place ? `${placeText(place, io.cwd)}  ` : service ? `${service}: ` : ''}${text}`),
  ]
  if (isJson(cli)) {
    printJson(io, { ...plan, notes })
    return
  }
  const files = loaded.files.map(file => file.split('/').at(-1)).join(' + ')
  printLines(
    io,
    renderPlan(
      { ...plan, notes },
      { paint, width: io.columns(), title: `${files} → ${machineText(host, cli.remote)}`, removed: 'gone from the file' },
    ),
  )
}
