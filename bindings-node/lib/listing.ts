/** What the journal has. */

import type { WaitOptions } from './abort.js'
import type { FilterInput, Step } from './generated.js'
import { flag, members, time } from './values.js'

/** Which sales to list. */
export interface TransactionFilter extends WaitOptions {
  /** Only those that still need an answer. */
  readonly open?: boolean | undefined
  /** Only those with an outcome that nobody heard. */
  readonly untold?: boolean | undefined
  /** Only those begun at this time or later. */
  readonly since?: Date | undefined
  /** Only those begun before this time. */
  readonly until?: Date | undefined
}

/** One step of a sale, as the journal noted it. */
export interface HistoryEntry {
  /** By the clock of the machine that noted it. */
  readonly at: Date
  /**
   * `activate`, `return`, `void` or `attempt` before something is sent, and after it the state that the sale came to;
   * `told` if somebody heard that only later, and `untold` if it turned out that nobody had.
   */
  readonly event: string
  /** How many requests were sent for the sale by then; for an `attempt`, its number. */
  readonly attempts: number
  /** The error in one line, if there was one. */
  readonly note: string | undefined
}

const filterMembers = new Set(['open', 'untold', 'since', 'until', 'signal'])

/** How many sales are read at a time. */
export const PAGE = 256

/** A filter as the native side takes it. */
export function filterValues(filter: TransactionFilter): FilterInput {
  const given = members('filter', filter, filterMembers)
  const input: FilterInput = {
    open: flag('open', given['open']) ?? false,
    untold: flag('untold', given['untold']) ?? false,
    limit: PAGE,
  }
  if (given['since'] !== undefined) input.since = time('since', given['since'])
  if (given['until'] !== undefined) input.until = time('until', given['until'])
  return input
}

export const historyEntry = ({ at, event, attempts, note }: Step): HistoryEntry => ({
  at: new Date(at),
  event,
  attempts,
  note,
})
