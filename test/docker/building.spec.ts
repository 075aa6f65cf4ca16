import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildImage } from '../../shared/adapters/docker/build-image.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { TEST_IMAGE } from '../contracts/docker-engine.ts'
import { ended, freshRequest, textsOf } from '../contracts/runtime-harness.ts'
import { describeWithEngine } from './with-engine.ts'

describeWithEngine('building an image', given => {
  let context = ''
  let tag = ''
  beforeEach(async () => {
    context = await mkdtemp(join(tmpdir(), 'longshore-build-'))
    tag = `longshore-test/built-${given().installation}`
  })
  afterEach(async () => {
    await rm(context, { recursive: true })
    for (const id of built.splice(0)) await given().docker.getImage(id).remove({ force: true })
  })
  const files = async (contents: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, content] of Object.entries(contents)) {
      await mkdir(join(context, path, '..'), { recursive: true })
      await writeFile(join(context, path), content)
    }
  }
  const built: string[] = []
  const build = async (changes = {}, lines: string[] = []): Promise<string> => {
    const id = await buildImage(given().docker, { context, tag, ...changes }, line => lines.push(line))
    built.push(id)
    return id
  }
  const outputOf = async (): Promise<readonly string[]> => {
    const { runtime } = given()
    const request = freshRequest(given(), { ...spec(), image: tag })
    await runtime.start(request)
    await ended(runtime, request.id)
    const texts = await textsOf(runtime, request.id)
    await runtime.collect(Date.now() + 60_000)
    return texts
  }
  const spec = () => ({ ...given().programs.missing(), command: undefined })

  it('takes arguments, a target and what .dockerignore leaves, and answers the id', async () => {
    await files({
      '.dockerignore': '# notes\n*.log\nsecret\n!secret/public\n**/deep.txt\n',
      Dockerfile: `FROM ${TEST_IMAGE} AS base\nARG WORD=none\nRUN echo "word $WORD" > /word\nCOPY . /ctx\nFROM base AS wanted\nCMD cat /word; cd /ctx; find . -type f -o -type l | sort; cat link\nFROM base AS unwanted\nRUN false\n`,
      'a.log': '',
      'kept.txt': 'linked',
      'secret/hidden': '',
      'secret/public': '',
      'x/y/deep.txt': '',
      [`${'long'.repeat(30)}/name.txt`]: '',
    })
    await symlink('kept.txt', join(context, 'link'))
    const lines: string[] = []
    const id = await build({ args: { WORD: 'given' }, target: 'wanted' }, lines)
    expect(id).toBe((await given().docker.getImage(tag).inspect()).Id)
    expect(lines.join('\n')).toContain('COPY . /ctx')
    expect(await outputOf()).toEqual([
      'word given',
      './.dockerignore',
      './Dockerfile',
      './kept.txt',
      './link',
      `./${'long'.repeat(30)}/name.txt`,
      './secret/public',
      'linked',
    ])
  })

  it('builds what needs BuildKit, an inline Dockerfile, and one from outside of the context', async () => {
    await build({ dockerfileInline: `FROM ${TEST_IMAGE}\nRUN --mount=type=cache,target=/c echo inline > /out\nCMD cat /out\n` })
    expect(await outputOf()).toEqual(['inline'])
    await files({ 'sub/f': 'from sub', Dockerfile: `FROM ${TEST_IMAGE}\nCOPY f /f\nCMD cat /f\n` })
    await build({ context: join(context, 'sub'), dockerfile: '../Dockerfile' })
    expect(await outputOf()).toEqual(['from sub'])
  })

  it('fails with what the build said last', async () => {
    await files({ Dockerfile: `FROM ${TEST_IMAGE}\nRUN echo about to fail; echo it broke here >&2; exit 3\n` })
    const error = await build().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CodedError)
    expect(error).toMatchObject({ code: 'LS-BUILD-FAILED', message: expect.stringContaining('it broke here') })
  })

  it('fails with the reason when there is no Dockerfile, no context, or no sense in it', async () => {
    await expect(build()).rejects.toMatchObject({ code: 'LS-BUILD-FAILED', message: expect.stringContaining('Dockerfile') })
    await expect(build({ context: join(context, 'nowhere') })).rejects.toMatchObject({ code: 'LS-BUILD-FAILED' })
    await files({ Dockerfile: 'NONSENSE\n' })
    await expect(build()).rejects.toMatchObject({ code: 'LS-BUILD-FAILED', message: expect.stringMatching(/NONSENSE/i) })
    const gone = new Docker({ socketPath: '/nowhere/docker.sock' })
    await expect(buildImage(gone, { context, tag }, () => undefined)).rejects.toMatchObject({ code: 'LS-ENGINE-UNREACHABLE' })
  })
})
