import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeHost } from '../cli/fake-api.ts'
import { run } from '../cli/run-in-process.ts'
import { pushRegistry } from './push-registry.ts'
import { describeWithEngine } from './with-engine.ts'

/** `up` in a context on AWS: the API is a fake one, the engine and what it pushes are real. */
describeWithEngine('up with build: on AWS', given => {
  let folder: string
  let api: FakeHost
  let registry: Awaited<ReturnType<typeof pushRegistry>>
  let deployed: string[]
  const image = () => `longshore-test/pushed-${given().installation}`
  const platform = async () => {
    const { Os, Arch } = await given().docker.version()
    return `${Os}/${Arch}`
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'longshore-push-'))
    registry = await pushRegistry('pw')
    api = await new FakeHost({ version: '0.1.0', installation: 'l', runtime: 'ecs', runtimeDetail: 'tasks of cluster l' }).start()
    deployed = []
    const plan = {
      stack: 'shop',
      deployment: 1,
      changes: [{ service: 'web', change: 'new', differences: [], what: '', notes: [] }],
      notes: [],
    }
    const place = { repository: `${registry.host}/longshore/shop`, username: 'AWS', password: 'pw', platform: await platform() }
    api.answers = {
      'POST /v1/stacks/shop/registry': () => ({ body: place }),
      'POST /v1/stacks/shop/plan': () => ({ body: plan }),
      'POST /v1/stacks/shop/deployments': ({ body }) => {
        deployed.push((body as { spec: { services: Record<string, { spec: { digest: string } }> } }).spec.services['web']!.spec.digest)
        return { body: { stack: 'shop', version: 1, deployment: 1, changed: true } }
      },
    }
    mkdirSync(join(folder, 'ctx'))
    writeFileSync(join(folder, 'ctx', 'Dockerfile'), 'FROM scratch\nCOPY f /f\nCMD ["/f"]\n')
    writeFileSync(join(folder, 'ctx', 'f'), `${Math.random()}`)
    writeFileSync(join(folder, 'compose.yaml'), `name: shop\nservices:\n  web:\n    image: ${image()}\n    build: ctx\n`)
    await longshore(`context add prod ${api.url} --token secret`)
  })
  afterEach(async () => {
    await given()
      .docker.getImage(image())
      .remove({ force: true })
      .catch(() => {})
    await Promise.all([api.stop(), registry.close()])
    rmSync(folder, { recursive: true })
  })
  const longshore = (argv: string) => run(argv.split(' '), { cwd: folder, env: { LONGSHORE_CONFIG: join(folder, 'config') } })

  it('is built here, pushed to the stack’s repository with the API’s login, and pinned by the digest that is there', async () => {
    const { code, out, err } = await longshore('--context prod up -d')
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('Context prod') })
    const [[name, { digest }] = ['', { digest: '' }]] = registry.manifests
    expect(name).toMatch(/^longshore\/shop:web-[0-9a-f]{12}$/)
    expect(deployed).toEqual([`${registry.host}/longshore/shop@${digest}`])
    expect(out).toContain(`pushing ${image()} to ${registry.host}/longshore/shop`)
    expect(out).toContain(`pushed ${registry.host}/longshore/shop@${digest}`)
    expect((await given().docker.getImage(image()).inspect()).RepoTags).toEqual([`${image()}:latest`])
  })

  it('a dry run neither builds nor asks for a login; --no-build pushes what is there, or says that nothing is', async () => {
    expect((await longshore('--context prod up --dry-run')).out).toContain('no image is built or pushed in a dry run')
    expect(api.asked.map(({ path }) => path)).not.toContain('/v1/stacks/shop/registry')
    expect((await longshore('--context prod up -d --no-build')).err).toContain('LS-IMAGE-NOT-FOUND')
    expect(deployed).toEqual([])
  })

  it('a login that is refused, or an image for another machine, deploys nothing', async () => {
    const asked = api.answers['POST /v1/stacks/shop/registry']!
    const place = (asked({ method: '', path: '' }, 0) as { body: object }).body
    const answers = api.answers
    api.answers = { ...answers, 'POST /v1/stacks/shop/registry': () => ({ body: { ...place, password: 'no' } }) }
    expect((await longshore('--context prod up -d')).err).toMatch(/LS-BUILD-FAILED {2}pushing .* failed/)
    api.answers = { ...answers, 'POST /v1/stacks/shop/registry': () => ({ body: { ...place, platform: 'linux/s390x' } }) }
    expect((await longshore('--context prod up -d --no-build')).err).toContain('tasks there are linux/s390x')
    expect(deployed).toEqual([])
  })
})
