/** The journal against the gateway's word and the register's list. */

import type { WaitOptions } from './abort.js'
import type { Register as NativeRegister, SoldInput, Report as ToldReport } from './generated.js'
import type { TransactionState } from './models.js'
import { amountValues } from './sale.js'
import { cardNumber, kind, members, optionalText, text, time } from './values.js'

/** A sale as the register has it. */
export interface RegisterSale {
  /** 16 or 19 digits, as a string. */
  readonly cardNumber: string
  /** What the customer paid for the card: a decimal string, or a bigint of minor units. */
  readonly amount: string | bigint
  readonly currency: string
  /** The id of the activation, if the register keeps it. Without one, the card alone tells which sale it is. */
  readonly requestId?: string | undefined
  /** Without a time it counts as a sale of the period. */
  readonly soldAt?: Date | undefined
}

/** What to compare. */
export interface ReconcileOptions extends WaitOptions {
  /** Sales begun at this time or later. */
  readonly since: Date
  /** Sales begun before this time. */
  readonly until: Date
  /**
   * The register's sales, or the path of a CSV file with the columns card_number and amount and, where there are any,
   * currency, request_id and sold_at.
   */
  readonly register?: readonly RegisterSale[] | string | undefined
  /** That of the file's lines that name none. */
  readonly registerCurrency?: string | undefined
  /** From UTC, of the file's times that name none, in minutes; 60 in Berlin in winter. */
  readonly registerOffset?: number | undefined
}

/** Why a sale is in the report. */
export type Reason =
  | 'still_open'
  | 'needs_attention'
  | 'gateway_not_active'
  | 'gateway_active'
  | 'gateway_unknown'
  | 'sold_not_activated'
  | 'activated_not_sold'
  | 'amount_differs'
  | 'card_differs'
  | 'sold_twice'

/** One sale that differs, in one way. What is not known is `null`. */
export interface Difference {
  readonly reason: Reason
  readonly requestId: string | null
  /** The last four digits, such as `...7585`. */
  readonly card: string
  /** The journal's, as an exact decimal. */
  readonly amount: string | null
  readonly currency: string | null
  /** Where the journal has the sale. */
  readonly journal: TransactionState | null
  /** The card's state at the gateway, where it was asked and answered. */
  readonly gateway: string | null
  /** The register's line; in a list of sales, its place from 1. */
  readonly registerLine: number | null
  readonly registerAmount: string | null
  readonly registerCurrency: string | null
  /** When the journal recorded the intent, or else when the register sold it. */
  readonly at: Date | null
  readonly note: string | null
}

/** What `reconcile` found. A sale that differs in two ways is there twice. */
export interface Report {
  /** By reason and time. */
  readonly differences: readonly Difference[]
  /** The journal's sales of the period. */
  readonly sales: number
  /** Those that the gateway was asked about. */
  readonly asked: number
  /** The register's sales of the period. */
  readonly register: number
  /** The register's sales of other times. */
  readonly registerElsewhere: number
  /** For people; `String(report)` is the same. */
  readonly text: string
  /** The differences under a header line. */
  readonly csv: string
}

const optionMembers = new Set(['since', 'until', 'register', 'registerCurrency', 'registerOffset', 'signal'])
const saleMembers = new Set(['cardNumber', 'amount', 'currency', 'requestId', 'soldAt'])

/** Both times and the register as the native side takes them. */
export function reconcileValues(options: ReconcileOptions): [string, string, NativeRegister | undefined] {
  const given = members('options', options, optionMembers)
  return [time('since', given['since']), time('until', given['until']), registerValues(given)]
}

function registerValues(given: Record<string, unknown>): NativeRegister | undefined {
  const { register, registerOffset } = given
  if (register === undefined) return undefined
  if (typeof register !== 'string') {
    if (Array.isArray(register)) return { sales: register.map(soldInput) }
    throw new TypeError(`register is ${kind(register)}; pass an array of sales, or the path of a CSV file`)
  }
  const file: NativeRegister = { file: register, sales: [] }
  const currency = optionalText('registerCurrency', given['registerCurrency'])
  if (currency !== undefined) file.currency = currency
  if (registerOffset !== undefined) {
    if (!Number.isInteger(registerOffset) || Math.abs(registerOffset as number) >= 24 * 60) {
      throw new TypeError('registerOffset is not a whole number of minutes within a day of UTC')
    }
    file.offset = registerOffset as number
  }
  return file
}

function soldInput(value: unknown): SoldInput {
  const sale = members('a sale of the register', value, saleMembers)
  const [amount, minor] = amountValues('amount', sale['amount'])
  const input: SoldInput = {
    cardNumber: cardNumber(sale['cardNumber']),
    amount,
    minor,
    currency: text('currency', sale['currency']),
  }
  const requestId = optionalText('requestId', sale['requestId'])
  if (requestId !== undefined) input.requestId = requestId
  if (sale['soldAt'] !== undefined) input.soldAt = time('soldAt', sale['soldAt'])
  return input
}

class FoundReport implements Report {
  readonly differences: readonly Difference[]
  readonly sales: number
  readonly asked: number
  readonly register: number
  readonly registerElsewhere: number
  readonly text: string
  readonly csv: string

  constructor({ json, text, csv }: ToldReport) {
    const { differences, counts } = JSON.parse(json)
    this.differences = differences.map(difference)
    this.sales = counts.sales
    this.asked = counts.asked
    this.register = counts.register
    this.registerElsewhere = counts.register_elsewhere
    this.text = text
    this.csv = csv
  }

  toString(): string {
    return this.text
  }
}
Object.defineProperty(FoundReport, 'name', { value: 'Report' })

export const report = (told: ToldReport): Report => new FoundReport(told)

function difference(told: Record<string, string | number | null>): Difference {
  return {
    reason: told['reason'],
    requestId: told['request_id'],
    card: told['card'],
    amount: told['amount'],
    currency: told['currency'],
    journal: told['journal'],
    gateway: told['gateway'],
    registerLine: told['register_line'],
    registerAmount: told['register_amount'],
    registerCurrency: told['register_currency'],
    at: typeof told['at'] === 'string' ? new Date(told['at']) : null,
    note: told['note'],
  } as Difference
}
