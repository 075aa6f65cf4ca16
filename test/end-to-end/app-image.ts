import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const APP_IMAGE = 'longshore-test/app'

/** The service under test as an image, on an engine that reaches no registry: this very Node, the libraries that it is linked to, and app.js. */
export function makeAppImage(): void {
  const root = mkdtempSync(join(tmpdir(), 'longshore-image-'))
  try {
    const put = (from: string, to: string) => {
      mkdirSync(join(root, dirname(to)), { recursive: true })
      cpSync(realpathSync(from), join(root, to))
    }
    put(process.execPath, '/bin/node')
    for (const name of ['app.js', 'probed-app.js']) put(new URL(name, import.meta.url).pathname, `/${name}`)
    put('/bin/busybox', '/bin/sh')
    const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
    for (const [path] of linked.matchAll(/\/\S+/g)) put(path, path)
    mkdirSync(join(root, 'tmp'))
    execFileSync('sh', ['-c', `tar -C ${root} -c . | docker import --change 'CMD ["/bin/node","/app.js"]' - ${APP_IMAGE}`], {
      stdio: 'pipe',
    })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
