/** Type checks for callers without TypeScript. A value is never shown: it may be a card number or a secret. */

export function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError(`${name} is ${kind(value)}; pass a string`)
}

export function optionalText(name: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : text(name, value)
}

/** Digits as text: 19 of them do not fit into a number exactly. */
export function cardNumber(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') {
    throw new TypeError(`cardNumber is ${kind(value)}, which does not keep 19 digits and leading zeros; pass a string`)
  }
  return text('cardNumber', value)
}

export function whole(name: string, value: unknown, least = 0, most = 0xffff_ffff): number | undefined {
  if (value === undefined) return undefined
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
  throw new TypeError(`${name} is not a whole number from ${least} to ${most}`)
}

export function flag(name: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw new TypeError(`${name} is ${kind(value)}; pass true or false`)
}

/** A time as RFC 3339. */
export function time(name: string, value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  throw new TypeError(`${name} is no valid Date`)
}

/** An object that has no members but these: a misspelt one must not go unnoticed. */
export function members(name: string, value: unknown, known: ReadonlySet<string>): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} is ${kind(value)}; pass an object`)
  for (const member of Object.keys(value)) {
    if (!known.has(member)) throw new TypeError(`${name} has no member ${member}; it takes ${[...known].join(', ')}`)
  }
  return value as Record<string, unknown>
}

export function kind(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  return `a ${typeof value}`.replace(/^a (?=object)/, 'an ')
}
