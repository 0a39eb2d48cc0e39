/** Amounts as people type them. */

import { errorFrom } from './errors.js'
import { native } from './native.js'
import { members, text } from './values.js'

/** How amounts are written where the till stands. */
export interface TypedOptions {
  /**
   * What stands before the decimals: `'.'`, `','` or the Arabic `'\u066b'`, as the till's locale has it. `Intl` tells it:
   * the part `decimal` of `new Intl.NumberFormat(locale).formatToParts(1.5)`.
   */
  readonly decimalSeparator: string
}

const optionMembers = new Set(['decimalSeparator'])

/**
 * Reads what a person typed, and returns the exact decimal, such as `'25.00'`, that a sale takes as its amount.
 *
 * Nothing is guessed: thousands are typed without a separator, and the other country's separator is refused, since `1.000`
 * is a thousand in one country and one in the other. `Number` and `parseFloat` know only the point.
 *
 * @param typed such as `'25,00'`; digits of Arabic, Persian and full-width writing are read too.
 * @param currency ISO 4217, such as `EUR`.
 * @throws {InvalidInputError} `field` is `amount`: another character, more decimals than the currency has, or out of its
 * range; or `decimalSeparator`, or `currency`.
 * @throws {TypeError} a value of another type.
 */
export function typedAmount(typed: string, currency: string, options: TypedOptions): string {
  const { decimalSeparator } = members('options', options, optionMembers)
  const told = native.typedAmount(
    text('amount', typed),
    text('decimalSeparator', decimalSeparator),
    text('currency', currency),
  )
  if (typeof told !== 'string') throw errorFrom(told)
  return told
}
