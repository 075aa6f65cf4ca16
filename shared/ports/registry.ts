/** Where a client pushes the images that it builds for one stack. */
export type PushPlace = {
  /** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/longshore/shop` */
  readonly repository: string
  readonly username: string
  readonly password: string
  /** Until when the login holds, milliseconds since 1970. */
  readonly expiresAt?: number
  /** What tasks run on, in Docker's words: `linux/amd64`. */
  readonly platform: string
}

export interface Registry {
  /** The stack's repository, made where it is missing, and a login that may push to it. */
  open(stack: string): Promise<PushPlace>
}
