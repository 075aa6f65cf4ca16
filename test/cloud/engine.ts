import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A container as the engine tells of it: what a test believes, whatever Longshore says. */
export type Container = { readonly id: string; readonly image: string; readonly environment: Readonly<Record<string, string>> }

const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** The containers that run now and have this variable. */
export function runningWith(name: string, value: string): readonly Container[] {
  const ids = docker('ps', '-q', '--no-trunc').split('\n').filter(Boolean)
  return ids.flatMap(id => {
    const container = inspect(id)
    return container?.environment[name] === value ? [container] : []
  })
}

/** Undefined when it ended between the two questions. */
function inspect(id: string): Container | undefined {
  try {
    const [{ State, Config }] = JSON.parse(docker('inspect', id)) as [
      { State: { Running: boolean }; Config: { Env: string[]; Image: string } },
    ]
    if (!State.Running) return undefined
    const variables = Config.Env.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
    return { id, image: Config.Image, environment: Object.fromEntries(variables) }
  } catch {
    return undefined
  }
}

export const kill = (container: Container): void => void docker('kill', container.id)

/**
 * FROM scratch with its own entry point, since the emulator ignores a task definition's. Answers its version on port 3000 until SIGTERM;
 * with MODE=exits it ends at once with code 1.
 */
const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY serve.sh /serve.sh
ENTRYPOINT ["/bin/busybox", "sh", "/serve.sh"]
`
const SERVE = `[ "$MODE" = exits ] && { echo "no such table: orders" >&2; exit 1; }
/bin/busybox mkdir -p /www
echo "version $VERSION" >/www/index.html
/bin/busybox httpd -f -p 3000 -h /www &
trap 'exit 0' TERM
echo "version $VERSION is up"
wait $!
`

/** A folder that an image of the story is built from; the caller removes it. */
export function imageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-scenario-'))
  copyFileSync('/bin/busybox', join(folder, 'busybox'))
  writeFileSync(join(folder, 'serve.sh'), SERVE)
  writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE)
  return folder
}

export function makeImage(reference: string): void {
  const folder = imageFolder()
  try {
    docker('build', '-q', '-t', reference, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const pushImage = (reference: string): void => void docker('push', '-q', reference)

/** Pushes an image of this engine to a repository. Answers it by digest. */
export function pushAs(image: string, repository: string): string {
  docker('tag', image, `${repository}:1`)
  pushImage(`${repository}:1`)
  const digests = JSON.parse(docker('inspect', '--format', '{{json .RepoDigests}}', `${repository}:1`)) as readonly string[]
  return digests.find(digest => digest.startsWith(`${repository}@`))!
}
