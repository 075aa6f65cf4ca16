/** One line of the engine's answer to a pull or a push. */
export type PullStep = {
  readonly id?: string
  readonly status?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

/** How much of an image is transferred, by what the engine has told so far. */
export class PullProgress {
  readonly #layers = new Map<string, { current: number; total: number }>()

  add({ id, status, progressDetail }: PullStep): void {
    if (!id) return
    const layer = this.#layers.get(id)
    if ((status === 'Downloading' || status === 'Pushing') && progressDetail?.total) {
      this.#layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total })
    } else if (layer && /complete|Extracting|Verifying|Pushed/i.test(status ?? '')) layer.current = layer.total
  }

  /** Whole percent; undefined while no size is known. */
  percent(): number | undefined {
    const layers = [...this.#layers.values()]
    const total = layers.reduce((sum, layer) => sum + layer.total, 0)
    if (total === 0) return undefined
    return Math.floor((layers.reduce((sum, layer) => sum + layer.current, 0) / total) * 100)
  }
}
