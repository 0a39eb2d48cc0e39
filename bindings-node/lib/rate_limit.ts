import type { NativeRateLimit } from './generated.js'
import { native } from './native.js'
import { whole } from './values.js'

const limits = new WeakMap<RateLimit, NativeRateLimit>()

/** Requests a second that several clients of one account share: the gateway counts them together. */
export class RateLimit {
  /** @param perSecond the account's limit, 1 or more; 10 by default, the specification's figure. */
  constructor(perSecond = 10) {
    limits.set(this, new native.NativeRateLimit(whole('perSecond', perSecond, 1) as number))
  }
}

export function limitOf(limit: RateLimit): NativeRateLimit {
  return limits.get(limit) as NativeRateLimit
}
