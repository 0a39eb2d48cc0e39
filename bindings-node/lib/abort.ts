/** Calls that their caller's signal stops. */

import { AbortError, NothingChangedError } from './errors.js'
import { native } from './native.js'
import { kind } from './values.js'

/** How a caller waits. */
export interface WaitOptions {
  /** Stops the waiting, never the operation: what was begun is finished and recorded. */
  readonly signal?: AbortSignal | undefined
}

/** What a call is about, for whoever stops waiting for it. */
export interface About {
  /** What may have happened, and what to do; nothing of a call that only reads. */
  readonly remedy?: string
  /** It is one step of something that was begun before. */
  readonly begun?: boolean
  readonly requestId?: string | undefined
  readonly cardNumber?: string | undefined
}

/** What only reads. */
export const reading: About = {}

const settled =
  'it goes on, and the card may or may not have changed. The same request id settles it: call again, or resolve it; ' +
  'never use a new one'

/** What changes a card. */
export const selling = (requestId: string | undefined, cardNumber: string | undefined): About => ({
  remedy: settled,
  requestId,
  cardNumber,
})

export const checking = (requestId: string, cardNumber: string): About => ({
  remedy: 'a status check changes nothing, so ask again',
  requestId,
  cardNumber,
})

export const recovering: About = {
  remedy: 'the recovery goes on; what it settles is untold, and the next one takes up the others',
}

/** A batch. */
export const reselling: About = {
  remedy:
    'the sales that were begun go on, and no other is begun. Run the batch again under its name, which charges nothing ' +
    'twice; what nobody heard of them is untold',
}

/** One that has begun sales. */
export const rereading: About = { ...reselling, begun: true }

export const acknowledging = (requestId: string): About => ({
  remedy: 'the sale may or may not be acknowledged; acknowledge it again',
  requestId,
})

export const copying: About = { remedy: 'the copy may or may not be made; look for it' }

/** Fails if it is none, or if it came before the call. */
export function checkSignal(signal: AbortSignal, about: About): void {
  if (typeof signal?.addEventListener !== 'function') {
    throw new TypeError(`signal is ${kind(signal)}; pass an AbortSignal`)
  }
  if (!signal.aborted) return
  if (about.begun) throw aborted(signal, about)
  throw unchanged('aborted before it was begun: nothing was recorded or sent', signal, about)
}

/** What a call rejects with that was begun. */
export function aborted(signal: AbortSignal, about: About): AbortError | NothingChangedError {
  if (about.remedy === undefined) return unchanged('aborted: it only reads, so nothing has changed', signal, about)
  const { requestId, card } = shown(about)
  const id = requestId === undefined ? '' : ` [request id ${requestId}]`
  const message = `the waiting was aborted: ${about.remedy}${id}`
  return new AbortError(message, { delivery: 'unknown', requestId, card, cause: signal.reason })
}

function unchanged(message: string, signal: AbortSignal, about: About): NothingChangedError {
  return new NothingChangedError(message, { delivery: 'not_sent', ...shown(about), cause: signal.reason })
}

function shown({ requestId, cardNumber }: About) {
  return native.shown(requestId, cardNumber)
}
