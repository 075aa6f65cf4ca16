import { Agent, request } from 'node:http'

export type PacedLoad = {
  /** Requests per second from now on; each tenth of a second differs from it by up to `noise` of it. */
  rate: number
  noise: number
  readonly sent: number
  /** Requests a second that were really sent in the last so many milliseconds: a busy machine sends fewer. */
  rateOver(ms: number): number
  readonly failed: readonly string[]
  stop(): Promise<void>
}

const TICK_MS = 100

/** Requests at a given rate, whatever the answers take, as a crowd of clients makes them. The noise repeats from run to run. */
export function startPacedLoad(url: string): PacedLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  const failed: string[] = []
  const open = new Set<Promise<void>>()
  const moments: number[] = []
  const rateOver = (ms: number) => (moments.filter(at => at > performance.now() - ms).length * 1_000) / ms
  const load = { rate: 0, noise: 0, sent: 0, failed, rateOver, stop }
  let [owed, tick, last] = [0, 0, performance.now()]
  const timer = setInterval(() => {
    const now = performance.now()
    // What a busy machine missed is not made up for: a burst would be another load than the one that was asked for.
    owed += (Math.min(now - last, 2 * TICK_MS) / 1_000) * load.rate * (1 + load.noise * noiseAt(tick++))
    last = now
    for (; owed >= 1; owed--) {
      load.sent++
      moments.push(now)
      const asked = ask(agent, url).catch(error => void failed.push(String(error)))
      open.add(asked)
      void asked.then(() => open.delete(asked))
    }
  }, TICK_MS)
  async function stop(): Promise<void> {
    clearInterval(timer)
    await Promise.all(open)
    agent.destroy()
  }
  return load
}

/** From -1 to 1, evenly. */
const noiseAt = (tick: number): number => 2 * ((tick * 0.618_033_988_75) % 1) - 1

function ask(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, response => {
      response.resume()
      response.on('error', reject)
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`))))
    })
    sent.on('error', reject)
    sent.end()
  })
}
