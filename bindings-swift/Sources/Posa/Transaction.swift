public import Foundation
internal import PosaFFI

/// A sale as the journal holds it.
public struct Transaction: Hashable, Codable, Sendable, Identifiable {
    /// Where a sale stands.
    public enum State: String, CaseIterable, Codable, Sendable {
        /// Recorded; an activation may be on its way.
        case sending
        /// The gateway confirmed the activation.
        case activated
        /// The gateway refused it, or it never left.
        case rejected
        /// An activation was sent and no answer settled it.
        case unknown
        /// A deactivation is on its way, or was sent without an answer.
        case reversing
        /// The gateway confirmed the deactivation.
        case deactivated
        /// It cannot be settled by itself; a person has to look.
        case attention
    }

    /// The id of the sale.
    public let requestId: String
    /// The card; prints its last four digits.
    public let cardNumber: CardNumber
    /// What was to be activated.
    public let amount: Amount
    /// The caller's own tracking text, if there is one.
    public let externalReference: String?
    /// Where it stands.
    public let state: State
    /// How many requests were sent.
    public let attempts: Int
    /// Given up while its outcome was not known: it may only be reversed.
    public let voided: Bool
    /// How often a reversal was tried in vain.
    public let reversalTries: Int
    /// The last error in one line.
    public let note: String?
    /// When the intent was recorded.
    public let startedAt: Date
    /// When the row last changed.
    public let updatedAt: Date
    /// Recovery leaves it alone until then.
    public let retryAt: Date?
    /// When the card expires, once activated.
    public let expiration: Expiration?
    /// Whether it still needs an answer.
    public let isOpen: Bool
    /// Whether somebody heard its outcome, or acknowledged it; also as long as there is none.
    public let told: Bool
    /// Which outcome this is, for ``Client/acknowledge(_:)``.
    public let version: UInt64

    /// The id of the sale.
    public var id: String { requestId }

    init(_ row: JournalRow) throws {
        requestId = row.requestId
        cardNumber = CardNumber(row.card)
        amount = try Amount(recorded: row.amount.decimal, currency: row.amount.currency)
        externalReference = row.externalReference
        state = try State(rawValue: row.state).orDefect()
        attempts = Int(row.attempts)
        voided = row.voided
        reversalTries = Int(row.reversalTries)
        note = row.note
        startedAt = Date(nanoseconds: row.startedAt)
        updatedAt = Date(nanoseconds: row.updatedAt)
        retryAt = row.retryAt.map(Date.init(nanoseconds:))
        expiration = row.expiry.map(Expiration.init)
        isOpen = row.isOpen
        told = row.told
        version = row.version
    }
}

/// One step of a sale, as the journal noted it: what was about to be done, or what came of it.
public struct HistoryEntry: Hashable, Codable, Sendable {
    /// When, by the clock of the machine that noted it.
    public let at: Date
    /// `activate`, `return`, `void` or `attempt` before something is sent, and after it the name of the
    /// ``Transaction/State`` that the sale came to; `told` if somebody heard that only later, and `untold` if it turned out
    /// that nobody had.
    public let event: String
    /// How many requests were sent for the sale by then; for an `attempt`, its number.
    public let attempts: Int
    /// The error in one line, if there was one.
    public let note: String?

    init(_ step: Step) {
        at = Date(nanoseconds: step.at)
        event = step.event
        attempts = Int(step.attempts)
        note = step.note
    }
}

/// What ``Client/recover(void:voidOlderThan:leaveOlderThan:concurrency:)`` did.
public struct Recovered: Hashable, Sendable {
    /// A sale that still has no outcome.
    public struct OpenSale: Hashable, Sendable {
        /// The id of the sale.
        public let requestId: String
        /// What stood in the way.
        public let error: PosaError
    }

    /// Sales that have their outcome now. Nobody heard it yet: each is in ``Client/untold()`` until it is acknowledged.
    public let settled: [Transaction]
    /// Sales that still have none.
    public let open: [OpenSale]
    /// Rows of the journal that cannot be read, a line each. Their sales were left alone: a person has to look.
    public let damaged: [String]

    init(_ recovery: Recovery) throws {
        settled = try recovery.settled.map(Transaction.init)
        open = recovery.open.map { OpenSale(requestId: $0.requestId, error: PosaError($0.error)) }
        damaged = recovery.damaged
    }
}

extension Date {
    fileprivate init(nanoseconds: Int64) {
        self.init(timeIntervalSince1970: TimeInterval(nanoseconds) / 1_000_000_000)
    }

    /// Since 1970, held to the years that 64 bits reach, 1677 to 2262.
    var nanoseconds: Int64 {
        let seconds = max(min(timeIntervalSince1970, 9_223_372_036), -9_223_372_036)
        return Int64(seconds.rounded(.down)) * 1_000_000_000
            + Int64(((seconds - seconds.rounded(.down)) * 1_000_000).rounded()) * 1000
    }
}
