import { expect, it } from 'vitest'
import { emptySpec } from '../../shared/domain/spec.ts'
import { TEST_IMAGE } from '../contracts/docker-engine.ts'
import { eventually } from '../contracts/eventually.ts'
import { fakeRegistry } from './fake-registry.ts'
import { describeWithEngine } from './with-engine.ts'

describeWithEngine('images', given => {
  const wanting = (image: string, digest?: string) => ({ ...emptySpec, image, digest })

  it("resolves an image that was built here to the engine's own id", async () => {
    const { docker, runtime } = given()
    const { Id } = await docker.getImage(TEST_IMAGE).inspect()
    expect(await runtime.resolve(TEST_IMAGE, emptySpec)).toBe(Id)
    expect(await runtime.prepare(wanting(TEST_IMAGE, Id))).toBeUndefined()
  })

  it('E2: pulls in the background, once, and says so until it is there', async () => {
    const { docker, runtime } = given()
    const registry = await fakeRegistry()
    try {
      const image = `${registry.host}/app:1`
      const digest = await runtime.resolve(image, emptySpec)
      expect(digest).toBe(`${registry.host}/app@${registry.digest}`)
      const answers = await Promise.all(Array.from({ length: 5 }, () => runtime.prepare(wanting(image, digest))))
      for (const answer of answers) expect(answer).toMatchObject({ waitsFor: expect.stringContaining(`pulling ${image}`) })
      await eventually('the engine asks for the layer', () => registry.pulls.length > 0)
      expect(await runtime.prepare(wanting(image, digest))).toMatchObject({ waitsFor: expect.any(String) })
      registry.giveLayer()
      await eventually('the image is there', async () => (await runtime.prepare(wanting(image, digest))) === undefined)
      expect(registry.pulls.length).toBe(1)
      // A pulled image keeps the digest by which it can be pulled again.
      expect(await runtime.resolve(digest!, emptySpec)).toBe(digest)
      await docker.getImage(digest!).remove()
    } finally {
      await registry.close()
    }
  })

  it('refuses what the registry does not have, and says what to check', async () => {
    const { runtime } = given()
    const registry = await fakeRegistry()
    try {
      const image = `${registry.host}/nothing:2`
      const error = await runtime.resolve(image, emptySpec).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'LS-IMAGE-NOT-FOUND', hint: expect.stringContaining('check the name') })
      const refusal = await eventually('it is refused', async () => {
        const answer = await runtime.prepare(wanting(image))
        return answer && 'refused' in answer && answer
      })
      expect(refusal.refused).toContain(image)
    } finally {
      await registry.close()
    }
  })

  it('waits for a registry that does not answer, and tells so', async () => {
    const { runtime } = given()
    const image = '127.0.0.1:1/app:1'
    const error = await runtime.resolve(image, emptySpec).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'LS-IMAGE-NOT-FOUND', hint: expect.stringContaining('check the network') })
    await eventually('it is told', async () => {
      const answer = await runtime.prepare(wanting(image))
      return answer && 'waitsFor' in answer && answer.waitsFor.includes('tried again')
    })
  })

  it('refuses a revision whose built image is gone, rather than to run another under its name', async () => {
    const { runtime } = given()
    const answer = await runtime.prepare(wanting(TEST_IMAGE, `sha256:${'0'.repeat(64)}`))
    expect(answer).toMatchObject({ refused: expect.stringContaining('gone from the engine') })
    expect(await runtime.prepare(emptySpec)).toMatchObject({ refused: expect.any(String) })
  })
})
