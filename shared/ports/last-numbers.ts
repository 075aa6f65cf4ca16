/** Numbers that only rise, by name: what was given out once never comes again, whatever became of the thing that it numbered. */
export interface LastNumbers {
  /** 0 where none was given out yet. Strongly consistent. */
  last(name: string): Promise<number>
  /** Nothing when it stands there or higher already. */
  raise(name: string, to: number): Promise<void>
}
