import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { type Cli, type CommandSpec, isJson, printJson } from '../command.ts'
import { findHost } from '../context.ts'
import type { Named } from '../contexts.ts'
import { EXIT } from '../exit-codes.ts'
import { isFree } from '../free-port.ts'

type Finding = { readonly what: string; readonly state: 'ok' | 'note' | 'wrong'; readonly text: string }

export const doctor: CommandSpec = {
  name: 'doctor',
  summary: 'looks for what keeps Longshore from working here',
  group: 'Run',
  run: async cli => {
    const findings = [
      node(),
      ...(cli.remote ? [await elsewhere(cli, cli.remote)] : [folder(cli), await engine(), ...(await hostAndPort(cli))]),
    ]
    if (isJson(cli)) printJson(cli.io, findings)
    else for (const finding of findings) cli.io.out(line(cli, finding))
    return findings.some(({ state }) => state === 'wrong') ? EXIT.failed : EXIT.ok
  },
}

const SIGNS = { ok: ['green', '✓'], note: ['yellow', '!'], wrong: ['red', '✗'] } as const
const line = ({ paint }: Cli, { what, state, text }: Finding) => `  ${paint(SIGNS[state][0], SIGNS[state][1])} ${what.padEnd(12)} ${text}`

const node = (): Finding => ({ what: 'Node', state: 'ok', text: `${process.versions.node} (${process.execPath})` })

function folder({ settings }: Cli): Finding {
  try {
    if (!existsSync(settings.data)) mkdirSync(settings.data, { recursive: true, mode: 0o700 })
    accessSync(settings.data, constants.R_OK | constants.W_OK)
    return { what: 'data folder', state: 'ok', text: settings.data }
  } catch (error) {
    return {
      what: 'data folder',
      state: 'wrong',
      text: `${settings.data} cannot be written: ${(error as Error).message}. --data names another.`,
    }
  }
}

async function elsewhere({ api }: Cli, { name, url }: Named): Promise<Finding> {
  try {
    const { version, runtimeDetail } = await api.with({ patienceMs: 0 }).host()
    return { what: 'context', state: 'ok', text: `${name} (${url}): Longshore ${version}, ${runtimeDetail}` }
  } catch (error) {
    return { what: 'context', state: 'wrong', text: `${name}: ${(error as Error).message}` }
  }
}

async function engine(): Promise<Finding> {
  const { connectEngine } = await import('../../shared/adapters/docker/connect-engine.ts')
  const found = await connectEngine(process.env)
  if ('problem' in found) return { what: 'engine', state: 'note', text: `${found.problem}. Services that say how run as processes.` }
  return { what: 'engine', state: 'ok', text: `docker ${found.version} (${found.socket})` }
}

const API_PORT = 7_070

/** The port is looked at only when no host of this folder may be the one that has it. */
async function hostAndPort(cli: Cli): Promise<readonly Finding[]> {
  const info = await findHost(cli)
  if (info) return [{ what: 'host', state: 'ok', text: `Longshore ${info.version}, pid ${info.pid}, ${info.runtimeDetail}` }]
  const port = (await isFree(API_PORT))
    ? ({ what: 'API port', state: 'ok', text: `${API_PORT} is free` } as const)
    : ({ what: 'API port', state: 'note', text: `${API_PORT} is used by another program; a host takes the next free one` } as const)
  return [{ what: 'host', state: 'note', text: 'none runs on this data folder; longshore up starts one' }, port]
}
