import type { Event } from './generated.js'

interface Happening {
  /** Such as `ActivateGiftCard`. */
  readonly operation: string
  readonly requestId: string
  /** The card's last four digits, such as `...7585`. */
  readonly card: string
  /** The number of the request, from 1; 0 before the first. */
  readonly attempt: number
}

/** Something that happened to an operation. Fit for a log: it shows no secret and no whole card number. */
export type PosaEvent = Happening &
  (
    | {
        /** The journal's file did not exist, and this sale made it: no earlier sale is in it. */
        readonly type: 'journalCreated'
        readonly path: string
      }
    | { /** A request is about to be sent. */ readonly type: 'sending' }
    | {
        /** The same request goes again after a pause. */
        readonly type: 'retrying'
        /** The pause in milliseconds. */
        readonly after: number
        readonly because: string
      }
    | {
        /** This machine's clock is wrong; signatures are made with the gateway's time from here on. */
        readonly type: 'skewCorrected'
        /** The gateway's time less this machine's. */
        readonly seconds: number
      }
    | { /** The gateway refused the key, and the source has another one. */ readonly type: 'keyRenewed' }
    | {
        /** Something that has worked so far and is not sure to: no reason to stop a sale. */
        readonly type: 'warning'
        /** What, and what is sure. */
        readonly what: string
      }
    | {
        /** The gateway's answer contradicts the request. Somebody should look. */ readonly type: 'alarm'
        readonly what: string
      }
    | {
        /** The sales of a batch wait from here on: this one did not get through, for no fault of its own. */
        readonly type: 'batchPaused'
        readonly because: string
      }
    | { /** This sale of a batch got through, and the others go on. */ readonly type: 'batchResumed' }
    | {
        /** It is over, and the journal has it. */
        readonly type: 'settled'
        /** `done`, or the error's code. */
        readonly outcome: string
      }
  )

export function eventFrom(told: Event): PosaEvent {
  const { operation, requestId, card, attempt, detail = '' } = told
  const about = { operation, requestId, card, attempt }
  switch (told.kind) {
    case 'journal_created':
      return { type: 'journalCreated', ...about, path: detail }
    case 'retrying':
      return { type: 'retrying', ...about, after: told.after ?? 0, because: detail }
    case 'skew_corrected':
      return { type: 'skewCorrected', ...about, seconds: told.seconds ?? 0 }
    case 'key_renewed':
      return { type: 'keyRenewed', ...about }
    case 'warning':
      return { type: 'warning', ...about, what: detail }
    case 'alarm':
      return { type: 'alarm', ...about, what: detail }
    case 'batch_paused':
      return { type: 'batchPaused', ...about, because: detail }
    case 'batch_resumed':
      return { type: 'batchResumed', ...about }
    case 'settled':
      return { type: 'settled', ...about, outcome: detail }
    default:
      return { type: 'sending', ...about }
  }
}
