import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A container as the engine tells of it: what a test believes, whatever Longshore says. */
export type Container = { readonly id: string; readonly environment: Readonly<Record<string, string>> }

const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** The containers that run now and have this variable. */
export function runningWith(name: string, value: string): readonly Container[] {
  const ids = docker('ps', '-q', '--no-trunc').split('\n').filter(Boolean)
  return ids.flatMap(id => {
    const environment = environmentOf(id)
    return environment?.[name] === value ? [{ id, environment }] : []
  })
}

/** Undefined when it ended between the two questions. */
function environmentOf(id: string): Readonly<Record<string, string>> | undefined {
  try {
    const [container] = JSON.parse(docker('inspect', id)) as [{ State: { Running: boolean }; Config: { Env: string[] } }]
    if (!container.State.Running) return undefined
    return Object.fromEntries(
      container.Config.Env.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
    )
  } catch {
    return undefined
  }
}

export const kill = (container: Container): void => void docker('kill', container.id)

/**
 * FROM scratch with its own entry point, since the emulator ignores a task definition's. Runs until SIGTERM; with MODE=exits it ends at
 * once with code 1.
 */
const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY serve.sh /serve.sh
ENTRYPOINT ["/bin/busybox", "sh", "/serve.sh"]
`
const SERVE = `trap 'exit 0' TERM
[ "$MODE" = exits ] && { echo "no such table: orders" >&2; exit 1; }
echo "version $VERSION is up"
while :; do /bin/busybox sleep 1 & wait $!; done
`

export function makeImage(reference: string): void {
  const context = mkdtempSync(join(tmpdir(), 'longshore-scenario-'))
  try {
    copyFileSync('/bin/busybox', join(context, 'busybox'))
    writeFileSync(join(context, 'serve.sh'), SERVE)
    writeFileSync(join(context, 'Dockerfile'), DOCKERFILE)
    docker('build', '-q', '-t', reference, context)
  } finally {
    rmSync(context, { recursive: true })
  }
}

export const pushImage = (reference: string): void => void docker('push', '-q', reference)
