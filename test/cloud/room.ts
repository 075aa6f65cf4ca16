import { request } from 'node:http'
import { TEST_IMAGE, testEngine } from '../contracts/docker-engine.ts'
import { bootstrap, type Deployment, deployApp } from './deployment.ts'
import { type Emulator, startEmulator } from './emulator.ts'
import { bendIam, letPlainHttpIn } from './emulator-iam.ts'
import { makeImage, pushAs, pushImage } from './engine.ts'
import { leftoversOf } from './leftovers.ts'
import { makeRepository } from './repository.ts'
import type { Place } from './scenario.ts'

/** The app on an emulator of its own, and an image for the story in its registry. */
export type Room = {
  readonly emulator: Emulator
  deployment: Deployment
  /** Of the story, in its registry. */
  readonly image: string
  /** Where the story is told. */
  readonly place: (patienceMs: number) => Place
  close(): Promise<void>
}

const PORT = 8_080

/** @param options.enforcesIam functions and callers may do what their policies say, and nothing else (emulator-iam.ts) */
export async function openRoom(options: {
  readonly port: number
  readonly enforcesIam?: boolean
  readonly publishes?: boolean
  /** Its stacks have configs and secrets as files: what writes them lies in the emulator's registry too. */
  readonly writesFiles?: boolean
}): Promise<Room> {
  const emulator = await startEmulator(options)
  try {
    await bootstrap(emulator)
    if (options.enforcesIam) await letPlainHttpIn(emulator, 'cdk-hnb659fds-assets-000000000000-us-east-1')
    const image = `${emulator.registry}/story:1`
    const pushed = pushStory(emulator, image)
    const files = options.writesFiles ? ['-c', `longshore:filesImage=${await pushFilesImage(emulator)}`] : []
    const deployment = await deployApp(emulator, ...files)
    if (options.enforcesIam) await bendIam(emulator)
    await pushed
    const room: Room = {
      emulator,
      deployment,
      image,
      place: patienceMs => ({
        ...{ api: room.deployment.api, image, patienceMs },
        ...(options.publishes && { published: { port: PORT, ask: url => askBalancer(emulator, url) } }),
        leftovers: () => leftoversOf(emulator),
      }),
      close: () => emulator.stop(),
    }
    return room
  } catch (error) {
    await emulator.stop()
    throw error
  }
}

async function pushStory(emulator: Emulator, image: string): Promise<void> {
  await makeRepository(emulator, 'story')
  makeImage(image)
  pushImage(image)
}

/** Answers it by digest, as the setting wants it. */
async function pushFilesImage(emulator: Emulator): Promise<string> {
  await makeRepository(emulator, 'files')
  await testEngine()
  return pushAs(TEST_IMAGE, `${emulator.registry}/files`)
}

/** The emulator is the load balancer too: its name, which leads nowhere here, stands in the Host header. */
export function askBalancer({ url }: Emulator, asked: string): Promise<string | undefined> {
  const { host, pathname } = new URL(asked)
  const { hostname, port } = new URL(url)
  return new Promise(resolve => {
    const call = request({ hostname, port, path: pathname, headers: { host }, timeout: 5_000 }, async answer => {
      let text = ''
      for await (const chunk of answer) text += chunk
      resolve(answer.statusCode === 200 ? text : `HTTP ${answer.statusCode} ${text}`)
    })
    call.on('error', () => resolve(undefined))
    call.on('timeout', () => call.destroy())
    call.end()
  })
}
