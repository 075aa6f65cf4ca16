import type { Commit } from '../../shared/domain/commit.ts'
import { listening } from './complaints.ts'
import type { Told } from './log-text.ts'
import { type Kind, MINUTE, SECOND } from './rules.ts'
import type { Shop, ShopFile } from './shop.ts'
import { type Simulation, wire } from './simulate.ts'
import { stackText } from './stack-text.ts'
import { isLive } from './tasks.ts'
import { Users } from './users.ts'
import { World } from './world.ts'

/** A told story instead of a random one: no faults but those that the test brings about, commands one after the other. */
export class Scenario {
  readonly world: World
  readonly simulation: Simulation
  private readonly users: Users

  constructor(seed: number, kind: Kind, shop: Shop) {
    this.world = new World({ seed, kind, trace: true })
    this.world.faults = false
    this.simulation = wire(this.world, shop)
    this.users = new Users(this.world, shop, (event, onDone) => this.simulation.http('api', event, onDone))
  }

  tell(story: (self: this) => Promise<void>): Promise<void> {
    return listening(this.world, async () => {
      await story(this)
      if (this.world.broken.length) throw new Error(this.world.broken.join('\n'))
    })
  }

  async up(file: ShopFile): Promise<void> {
    await this.until('the answer', this.answered(this.users.up(file)))
  }
  async scale(service: string, replicas: number): Promise<void> {
    await this.until('the answer', this.answered(this.users.scale(service, replicas)))
  }

  /** Any other command on the stack: `rollback`, `running`; without a path the stack's removal. */
  async ask(path: string | undefined, body: unknown = {}): Promise<void> {
    const request =
      path === undefined ? { method: 'DELETE', path: '/v1/stacks/shop' } : { method: 'POST', path: `/v1/stacks/shop/${path}`, body }
    await this.until('the answer', this.answered(this.users.send('stack/shop', request)))
  }

  /** Runs on until it is so. @throws when it does not come about in `bound` */
  async until(what: string, isSo: () => boolean, bound = 15 * MINUTE): Promise<void> {
    const end = this.world.now + bound
    while (!isSo()) {
      if (this.world.now >= end || this.world.broken.length)
        throw new Error(`${what} did not come about:\n${[...this.world.broken, ...this.world.lines.slice(-40)].join('\n')}`)
      await this.world.scheduler.run(this.world.now + SECOND)
    }
  }

  /** Everything that was asked for is there, or was given up. */
  settled(): boolean {
    const services = this.services().map(service => stackText(this.simulation.installation.storage.of('stack/shop'), service))
    return services.length > 0 && services.every(said => said.settled !== undefined)
  }

  /** Live tasks as `service image`, sorted. */
  live(): readonly string[] {
    return this.simulation.installation.tasks.all
      .filter(isLive)
      .map(task => `${task.request.service} ${task.image}`)
      .sort()
  }

  events(type: string): readonly Told[] {
    return this.commits().flatMap(commit => (commit.events as readonly Told[]).filter(event => event.type === type))
  }
  commits(): readonly Commit[] {
    return [...this.simulation.installation.storage.commits.values()].flat()
  }

  private services(): readonly string[] {
    return [
      ...new Set(
        this.simulation.installation.storage
          .of('stack/shop')
          .of('WishesChanged')
          .flatMap(event => Object.keys(event.wishes)),
      ),
    ]
  }

  private answered(asking: Promise<void>): () => boolean {
    let isOver = false
    void asking.then(() => {
      isOver = true
    })
    return () => isOver
  }
}
