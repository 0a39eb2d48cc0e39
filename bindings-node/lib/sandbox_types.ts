/** How a sandbox behaves. */
export interface SandboxOptions {
  /** A file that keeps the ledger across restarts; without it, the ledger is in memory. */
  readonly state?: string | undefined
  /** Accepted requests per partner and second, 10 by default as the vendor's; `null` for no limit. */
  readonly throttle?: number | null | undefined
  /** What the mock id `F1000` answers. */
  readonly f1000?: 'success' | 'f100' | undefined
  /** Demands the 19 digits with the checksum. */
  readonly strictCardNumbers?: boolean | undefined
  /** Demands alphanumeric request ids, as the specification says. */
  readonly strictRequestIds?: boolean | undefined
  /** HTTP 500 in place of 400 for the classes F100, F400 and F500. */
  readonly serverErrorStatus?: boolean | undefined
  /** The region that signatures must be for; `us-east-1` by default. */
  readonly region?: string | undefined
  /** The partner it serves; `Awssb` by default. */
  readonly partnerId?: string | undefined
}

/**
 * What a client needs to reach a sandbox. Printing it hides the key's secret, which is good for nothing but this sandbox; as
 * JSON it has it, for other processes.
 */
export interface SandboxSettings {
  readonly partnerId: string
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly extraCa?: string
}

export interface SandboxConnection {
  readonly url: string
  readonly tlsUrl: string
  readonly endpoint: string
  readonly region: string
  readonly caPem: string
  readonly partnerId: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A card of the inventory. Its number is good for nothing but this sandbox; printing the card masks it all the same. */
export interface SandboxCard {
  /** 16 digits. */
  readonly cardNumber: string
  /** 3 digits. */
  readonly checksum: string
  /** Both together, as printed on the card. */
  readonly digits: string
  /** The amount printed on it; `null` if the activation sets the amount. */
  readonly denomination: string | null
  readonly currency: string
  /** Country of issuance, such as `US`. */
  readonly marketplace: string
  readonly status: 'Activated' | 'AwaitingActivation' | 'Invalidated'
  readonly condition: 'none' | 'claimed' | 'expired' | 'invalidated'
  /** The id it is active under. */
  readonly requestId: string | null
  readonly amount: string | null
  /** When it expires, as the wire prints it. */
  readonly expirationDate: string | null
  /** How often it was activated; replays do not count. */
  readonly activations: number
  readonly history: readonly {
    readonly event: 'activated' | 'deactivated'
    readonly partnerId: string
    readonly requestId: string
    readonly at: string
  }[]
}

/** A card to add. */
export interface NewCard {
  /** 16 digits, or 19 with the checksum. */
  readonly cardNumber: string
  readonly checksum?: string
  readonly denomination?: string
  /** `US` by default. */
  readonly marketplace?: string
}

/** The prepaid account of a partner in one currency. */
export interface SandboxFunds {
  readonly partnerId: string
  readonly currency: string
  readonly available: string
  /** Charges less refunds. */
  readonly spent: string
}

/** An activation, and what became of it. */
export interface SandboxTransaction {
  readonly partnerId: string
  readonly requestId: string
  readonly cardNumber: string
  readonly amount: string
  readonly currency: string
  readonly status: 'activated' | 'deactivated'
  readonly activatedAt: string
  readonly deactivatedAt: string | null
}

/** One movement of money. */
export interface SandboxMovement {
  readonly kind: 'charge' | 'refund'
  readonly partnerId: string
  readonly requestId: string
  readonly cardNumber: string
  readonly amount: string
  readonly currency: string
  readonly at: string
}

/** The sandbox's clock. */
export interface SandboxClock {
  readonly now: string
  /** Seconds by which it is ahead of the machine's clock, or of the frozen instant. */
  readonly offsetSeconds: number
  readonly frozen: boolean
}

/** One request as the sandbox saw it. Holds no secret, no signature and no whole card number. */
export interface SandboxRequest {
  readonly at: string
  readonly operation: string | null
  readonly format: string
  readonly partnerId: string | null
  readonly requestId: string | null
  readonly card: string | null
  /** `valid`, the name of the exception, or `not checked`. */
  readonly signature: string
  /** What the client most likely did wrong, if the signature was refused. */
  readonly cause: string | null
  readonly fault: string | null
  /** Such as `SUCCESS Activated`. */
  readonly verdict: string
  readonly status: number | null
  /** Whether the ledger changed. */
  readonly committed: boolean
  readonly durationUs: number
  readonly expectedCanonicalRequest: string | null
  readonly signedCanonicalRequest: string | null
  readonly difference: string | null
}

/** Everything at once. */
export interface SandboxState {
  readonly cards: readonly SandboxCard[]
  readonly funds: readonly SandboxFunds[]
  readonly transactions: readonly SandboxTransaction[]
  readonly movements: readonly SandboxMovement[]
  readonly faults: readonly Fault[]
  readonly clock: SandboxClock
}

/** On which requests a fault falls: by default, the next one of any kind. */
interface Where {
  /** On how many requests; 1 by default. */
  readonly times?: number
  /** Only on this operation, by its name on the wire. */
  readonly operation?: 'ActivateGiftCard' | 'DeactivateGiftCard' | 'ActivationStatusCheck'
  readonly cardNumber?: string
  readonly requestId?: string
}

/** A way to fail. */
export type Fault = Where &
  (
    | {
        readonly fault:
          | 'drop_before_commit'
          | 'drop_after_commit'
          | 'truncate'
          | 'duplicate'
          | 'resend'
          | 'throttle'
          | 'http_500'
          | 'html'
          | 'garble'
          | 'wrong_status'
          | 'fulfilled'
      }
    | { /** Applied after the delay, or when released. */ readonly fault: 'late'; readonly delayMs?: number }
    | { /** Applied; the answer comes late. */ readonly fault: 'delay'; readonly delayMs: number }
    | { /** Such as `InsufficientFunds`. */ readonly fault: 'error'; readonly errorType: string }
    | { /** The sandbox's clock steps. */ readonly fault: 'skew'; readonly seconds: number }
  )
