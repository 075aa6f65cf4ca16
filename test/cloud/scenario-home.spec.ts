import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ApiClient } from '../../cli/api-client.ts'
import { startHost } from '../../infra/local/host.ts'
import { containerTestsAreLeftOut } from '../contracts/docker-engine.ts'
import { makeImage } from './engine.ts'
import { tellStory } from './scenario.ts'

const IMAGE = 'longshore-test/story'
const ask = (url: string) =>
  fetch(url).then(
    answer => answer.text(),
    () => undefined,
  )

it.skipIf(containerTestsAreLeftOut())('the story of the cloud is told on one machine as well', { timeout: 180_000 }, async () => {
  makeImage(IMAGE)
  const folder = mkdtempSync(join(tmpdir(), 'longshore-story-'))
  const host = await startHost({ folder, runtime: 'docker', port: 19_700 })
  try {
    const token = readFileSync(join(folder, 'token'), 'utf8')
    const api = new ApiClient({ endpoint: () => ({ url: host.url, token }) })
    const told = await tellStory({ api, image: IMAGE, patienceMs: 60_000, published: { port: 19_701, ask } })
    console.log(`on one machine: ${told.join('; ')}`)
    expect(told).toHaveLength(6)
  } finally {
    await host.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
