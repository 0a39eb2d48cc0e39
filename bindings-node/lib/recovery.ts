/** What is done about sales without an outcome. */

import type { WaitOptions } from './abort.js'
import { errorFrom, type PosaError } from './errors.js'
import type { Choice, Recovered as ToldRecovered } from './generated.js'
import { type Transaction, transaction } from './models.js'
import { flag, members, whole } from './values.js'

/** How to recover: completing all sales, or as one of the first three says. */
export interface RecoverOptions extends WaitOptions {
  /** Give up all sales whose activation has no outcome, and reverse them, instead of completing them. */
  readonly void?: boolean | undefined
  /** Give up those that were asked for longer ago than this, in milliseconds, and complete the others. */
  readonly voidOlderThan?: number | undefined
  /** Leave those that were asked for longer ago, in milliseconds, to a person, who resolves or voids each. */
  readonly leaveOlderThan?: number | undefined
  /** How many sales at a time; 16 by default. The rate limit holds for all together. */
  readonly concurrency?: number | undefined
}

/** What a recovery did. */
export interface Recovered {
  /** Sales that have their outcome now. Each is untold until it is acknowledged. */
  readonly settled: readonly Transaction[]
  /** Sales that still have none, and what stood in the way. */
  readonly open: readonly { readonly requestId: string; readonly error: PosaError }[]
  /** Rows of the journal that cannot be read, a line each. Their sales were left alone: a person has to look. */
  readonly damaged: readonly string[]
}

const optionMembers = new Set(['void', 'voidOlderThan', 'leaveOlderThan', 'concurrency', 'signal'])

/** The choice, and how many at a time, as the native side takes them. */
export function recoverValues(options: RecoverOptions): [Choice, number | undefined] {
  const given = members('options', options, optionMembers)
  const choice: Choice = { void: flag('void', given['void']) ?? false }
  for (const name of ['voidOlderThan', 'leaveOlderThan'] as const) {
    const age = whole(name, given[name], 0, Number.MAX_SAFE_INTEGER)
    if (age !== undefined) choice[name] = age
  }
  return [choice, whole('concurrency', given['concurrency'])]
}

export const recovered = ({ settled, open, damaged }: ToldRecovered): Recovered => ({
  settled: settled.map(transaction),
  open: open.map(({ requestId, error }) => ({ requestId, error: errorFrom(error) })),
  damaged,
})
