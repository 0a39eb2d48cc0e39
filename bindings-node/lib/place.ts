import type { Place as NativePlace } from './generated.js'
import { optionalText } from './values.js'

/** What names a gateway: country and environment, or an address of its own. */
export interface Place {
  /** The country of issuance, such as `US`: chooses the gateway, and checks amounts against its limits. */
  readonly marketplace?: string | undefined
  /** Whether money is real; `sandbox` by default. With a key of the Incentives portal it has to be said. */
  readonly environment?: 'sandbox' | 'production' | undefined
  /** A gateway at an address of its own, such as posa's sandbox. */
  readonly endpoint?: string | undefined
  /** The region to sign for: `us-east-1`, `eu-west-1` or `us-west-2`; the marketplace's by default. */
  readonly region?: string | undefined
}

export const placeMembers = ['marketplace', 'environment', 'endpoint', 'region'] as const

export function placeOf(given: Record<string, unknown>): NativePlace {
  const place: NativePlace = {}
  for (const name of placeMembers) {
    const value = optionalText(name, given[name])
    if (value !== undefined) place[name] = value
  }
  return place
}
