import type { Details } from './generated.js'
import { sourceInput, type TransactionSource } from './source.js'
import { cardNumber, kind, members, optionalText, text, whole } from './values.js'

/** A card to activate (specification, "ActivateGiftCard"). */
export interface Sale {
  /** 16 digits, or 19 with the checksum, as typed or scanned. Always a string. */
  readonly cardNumber: string
  /** A decimal string such as `'25.00'`, or a bigint of minor units such as `2500n`. Never a number. */
  readonly amount: string | bigint
  /** ISO 4217, such as `USD`. */
  readonly currency: string
  /** An id of your own, the partner id first, at most 40 letters and digits (`-` and `_` are taken too). Without it, one is chosen. */
  readonly requestId?: string | undefined
  /** Where the sale happens; required at brick-and-mortar locations. */
  readonly source?: TransactionSource | undefined
  /** The program id that Amazon approved; resellers only. */
  readonly programId?: string | undefined
  /** The type of an Amazon Product Voucher. */
  readonly productType?: string | undefined
  /** A text for your own tracking, at most 100 characters. */
  readonly externalReference?: string | undefined
}

/** A card that a sale put, or may have put, into the active state. A `Receipt` and a `Transaction` are such. */
export interface SoldCard {
  /** The activation request id of the sale. */
  readonly requestId: string
  /** 16 or 19 digits, as a string. */
  readonly cardNumber: string
  /** A text for your own tracking, at most 100 characters. */
  readonly externalReference?: string | undefined
}

/** A sale by its request id, or by anything that has one: a receipt, a transaction, the error. */
export type Named = string | { readonly requestId: string | undefined }

const saleMembers = new Set([
  'cardNumber',
  'amount',
  'currency',
  'requestId',
  'source',
  'programId',
  'productType',
  'externalReference',
])

/** Card number, amount, whether it is in minor units, currency, request id and the rarer members. */
export type SaleValues = [
  cardNumber: string,
  amount: string,
  minor: boolean,
  currency: string,
  requestId: string | undefined,
  details: Details | undefined,
]

/** A sale as the native side takes it. */
export function saleValues(value: Sale): SaleValues {
  const sale = members('sale', value, saleMembers)
  const digits = cardNumber(sale['cardNumber'])
  const [amount, minor] = amountValues('amount', sale['amount'])
  return [
    digits,
    amount,
    minor,
    text('currency', sale['currency']),
    optionalText('requestId', sale['requestId']),
    details(sale),
  ]
}

/** A decimal, or the digits of minor units; and which of the two. */
export function amountValues(name: string, amount: unknown): [text: string, minor: boolean] {
  if (typeof amount === 'string') return [amount, false]
  if (typeof amount === 'bigint') return [amount.toString(), true]
  const why = typeof amount === 'number' ? ', and binary fractions are not exact' : ''
  throw new TypeError(
    `${name} is ${kind(amount)}${why}; pass a decimal string such as "25.00", or a bigint of minor units such as 2500n`,
  )
}

/** The rarer members; nothing where there are none, which is quicker. */
function details(sale: Record<string, unknown>): Details | undefined {
  const { source, programId, productType, externalReference } = sale
  if ((source ?? programId ?? productType ?? externalReference ?? undefined) === undefined) return undefined
  const details: Details = {}
  if (source !== undefined && source !== null) details.source = sourceInput(source)
  for (const name of ['programId', 'productType', 'externalReference'] as const) {
    const given = optionalText(name, sale[name])
    if (given !== undefined) details[name] = given
  }
  return details
}

/** Card number, request id and tracking text of a sold card. */
export function cardValues(card: SoldCard): [cardNumber: string, requestId: string, reference: string | undefined] {
  if (typeof card !== 'object' || card === null) {
    throw new TypeError(`card is ${kind(card)}; pass a receipt, or an object with requestId and cardNumber`)
  }
  const digits = cardNumber(card.cardNumber)
  return [digits, text('requestId', card.requestId), optionalText('externalReference', card.externalReference)]
}

/** Which outcome somebody heard: what `transactions`, `untold` or `transaction` gave, or these two members of it. */
export interface HeardSale {
  readonly requestId: string
  readonly version: number
}

/** Request id and version of what was heard. */
export function heardValues(sale: HeardSale): [requestId: string, version: number] {
  if (typeof sale !== 'object' || sale === null) {
    throw new TypeError(`sale is ${kind(sale)}; pass a transaction, or an object with requestId and version`)
  }
  const version = whole('version', sale.version, 0, Number.MAX_SAFE_INTEGER)
  if (version === undefined) throw new TypeError('version is missing; pass a transaction as the journal has it')
  return [text('requestId', sale.requestId), version]
}

/** The request id of a sale. */
export function idOf(sale: Named): string {
  return text('requestId', typeof sale === 'object' && sale !== null ? sale.requestId : sale)
}

/** The card number of a sale that is named by more than its id. */
export function cardOf(sale: Named): string | undefined {
  const digits = typeof sale === 'object' && 'cardNumber' in sale ? sale.cardNumber : undefined
  return typeof digits === 'string' ? digits : undefined
}
