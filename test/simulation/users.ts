import type { Outcome } from './event-plane.ts'
import { apiEvent, type HttpAnswer } from './gateway.ts'
import { MINUTE, SECOND } from './rules.ts'
import { fileOf, type Shop, type ShopFile } from './shop.ts'
import type { World } from './world.ts'

/** A command as its user knows it. Moments are awake time. */
export type Asked = {
  readonly key: string
  readonly stream: string
  /** The numbers that it asks for, by service. */
  readonly replicas: Readonly<Record<string, number>>
  readonly isScale: boolean
  readonly askedAt: number
  answeredAt?: number
  status?: number
}

export type Http = (event: string, onDone: (outcome: Outcome) => void) => void

type Request = { readonly method: string; readonly path: string; readonly body?: unknown }

/** What a file names, by the draw: two thirds are good. */
const IMAGES = [
  [0.66, 'v'],
  [0.77, 'bad'],
  [0.85, 'never'],
  [0.95, 'flap'],
  [1, 'denied'],
] as const

/** Answers after which nobody asks again. */
const FINAL = [202, 400, 404, 409, 422]

/** Two users who race: seeded commands through the real HTTP handler, each repeated with its key until it is answered. */
export class Users {
  readonly asked: Asked[] = []
  private readonly world: World
  private readonly shop: Shop
  private readonly http: Http
  private images = 0
  private lastWeb: string | undefined
  private keys = 0

  constructor(world: World, shop: Shop, http: Http) {
    this.world = world
    this.shop = shop
    this.http = http
  }

  begin(): void {
    void this.user(5, true)
    void this.user(4, false)
  }

  private async user(count: number, isFirst: boolean): Promise<void> {
    for (let index = 0; index < count; index++) {
      const first = isFirst && index === 0
      if (!first) await this.world.sleep(this.pause())
      await this.ask(first)
    }
  }
  private pause(): number {
    return this.world.random.next() < 0.4 ? this.world.between(100, 30 * SECOND) : this.world.between(30 * SECOND, 9 * MINUTE)
  }

  private ask(first: boolean): Promise<void> {
    const { random } = this.world
    const roll = random.next()
    if (first || roll < 0.5) return this.up(this.file(first))
    if (roll < 0.57) return this.up({ db: { image: this.image(false, this.shop.dbChecked), replicas: 1 } }) // the others are gone from the file
    if (roll < 0.63) return this.post('rollback', { service: random.pick(['web', 'db']) })
    if (roll < 0.68) return this.post('rollback', {})
    if (roll < 0.72) return this.send('stack/shop', { method: 'DELETE', path: '/v1/stacks/shop' })
    if (roll < 0.8)
      return this.post('running', {
        action: random.pick(['restart', 'stop', 'start', 'start']),
        services: random.pick([[], ['web'], ['db']]),
      })
    if (this.shop.policies && roll < 0.88) return this.protect()
    const service = random.next() < 0.75 ? 'web' : 'db'
    return this.scale(service, 1 + this.world.between(0, service === 'web' ? 5 : 2))
  }

  up(file: ShopFile): Promise<void> {
    const replicas = Object.fromEntries(
      Object.entries(file).flatMap(([name, wanted]) => (wanted.replicas === undefined ? [] : [[name, wanted.replicas]])),
    )
    const body = { spec: fileOf(this.shop, file) }
    return this.send('stack/shop', { method: 'POST', path: '/v1/stacks/shop/deployments', body }, replicas)
  }
  scale(service: string, replicas: number): Promise<void> {
    const path = `/v1/stacks/shop/services/${service}/scale`
    return this.send(`service/shop/${service}`, { method: 'POST', path, body: { replicas } }, { [service]: replicas }, true)
  }
  /** One of the first tasks, or nobody. */
  private protect(): Promise<void> {
    const body = { tasks: [1 + this.world.between(0, 8)], seconds: 60 * this.world.between(0, 15) }
    return this.send('service/shop/web', { method: 'POST', path: '/v1/stacks/shop/services/web/protect', body })
  }
  private post(what: string, body: unknown): Promise<void> {
    return this.send('stack/shop', { method: 'POST', path: `/v1/stacks/shop/${what}`, body })
  }

  private file(first: boolean): ShopFile {
    const { policies } = this.shop
    const { random } = this.world
    const scale = policies && (first || random.next() < 0.85) ? { scale: random.pick(policies) } : {}
    const web = { image: this.webImage(first), replicas: random.next() < 0.8 || first ? 2 + this.world.between(0, 3) : undefined, ...scale }
    const db = { image: this.image(first, this.shop.dbChecked), replicas: 1 }
    return this.shop.hasWorker ? { web, db, worker: { image: this.image(first), replicas: 1 } } : { web, db }
  }
  /** Where it is scaled, many a file changes nothing else. */
  private webImage(first: boolean): string {
    if (!this.shop.policies || !this.lastWeb || this.world.random.next() < 0.6) this.lastWeb = this.image(first)
    return this.lastWeb
  }
  private image(first: boolean, canTell = true): string {
    const { random } = this.world
    const roll = random.next()
    const [, drawn] = IMAGES.find(([upTo]) => roll < upTo)!
    const kind = first ? 'v' : drawn === 'never' && !canTell ? 'bad' : drawn
    return `${kind}${random.next() < 0.3 ? 1 : ++this.images}` // now and then one that was there before
  }

  /** L4: the same command with the same key, again and again until there is an answer. */
  async send(stream: string, request: Request, replicas: Asked['replicas'] = {}, isScale = false): Promise<void> {
    const { world } = this
    const asked: Asked = { key: this.key(), stream, replicas, isScale, askedAt: world.now }
    this.asked.push(asked)
    world.say(`user asks ${asked.key}: ${request.method} ${request.path} ${JSON.stringify(replicas)}`)
    while (asked.answeredAt === undefined) {
      const key = world.holds('command-ids') ? asked.key : `${asked.key}+${++this.keys}`
      this.http(apiEvent({ ...request, key }), outcome => this.hear(asked, outcome))
      await world.sleep(world.between(2 * SECOND, 20 * SECOND))
    }
  }
  private key(): string {
    return `command-${String(++this.keys).padStart(3, '0')}`
  }

  private hear(asked: Asked, outcome: Outcome): void {
    const { world } = this
    if ('failed' in outcome || asked.answeredAt !== undefined) return
    if (world.chance(0.1)) {
      world.count('lost answers')
      return
    }
    const { statusCode, body } = JSON.parse(outcome.answer) as HttpAnswer
    const code = (JSON.parse(body) as { readonly error?: { readonly code: string } }).error?.code
    world.say(`user hears ${asked.key}: ${statusCode} ${code ?? ''}`)
    if (statusCode === 500 || code === 'LS-KEY-REUSED') world.fail(`the API answers ${statusCode} ${code} to ${asked.key}: ${body}`)
    if (!FINAL.includes(statusCode) || code === 'LS-CONTENDED') return
    asked.answeredAt = world.now
    asked.status = statusCode
  }
}
