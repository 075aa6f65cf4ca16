import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hashOf } from '../../shared/domain/hash.ts'

export const APP_IMAGE = 'longshore-test/app'

/**
 * The service under test as an image, on an engine that reaches no registry: this very Node, the libraries that it is linked to, and the
 * programs. It is made when the engine has none of the same content.
 */
export function makeAppImage(): void {
  const programs = ['app.js', 'probed-app.js'].map(name => ({ name, path: new URL(name, import.meta.url).pathname }))
  const content = hashOf([process.version, ...programs.map(({ path }) => readFileSync(path, 'utf8'))])
  if (contentOf(APP_IMAGE) === content) return
  const root = mkdtempSync(join(tmpdir(), 'longshore-image-'))
  try {
    const put = (from: string, to: string) => {
      mkdirSync(join(root, dirname(to)), { recursive: true })
      cpSync(realpathSync(from), join(root, to))
    }
    put(process.execPath, '/bin/node')
    for (const { name, path } of programs) put(path, `/${name}`)
    put('/bin/busybox', '/bin/sh')
    const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
    for (const [path] of linked.matchAll(/\/\S+/g)) put(path, path)
    mkdirSync(join(root, 'tmp'))
    const changes = `--change 'CMD ["/bin/node","/app.js"]' --change 'LABEL content=${content}'`
    execFileSync('sh', ['-c', `tar -C ${root} -c . | docker import ${changes} - ${APP_IMAGE}`], { stdio: 'pipe' })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Undefined where there is no such image. */
function contentOf(image: string): string | undefined {
  try {
    const argv = ['image', 'inspect', '-f', '{{index .Config.Labels "content"}}', image]
    return execFileSync('docker', argv, { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}
