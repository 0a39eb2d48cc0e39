public import Foundation
internal import PosaFFI

/// Why an operation is not done: one case for each reaction of the caller.
///
/// No part and no text of it holds a secret or more of a card number than its last four digits.
public enum PosaError: Error, Hashable, Sendable {
    /// A value is wrong; ``Details/field`` names it. Correct it and call again.
    case invalidInput(Details)
    /// The client is set up wrongly: an endpoint, a certificate, a signer.
    case configuration(Details)
    /// The journal forbids it: the id belongs to another sale, or the card has an attempt under way.
    case conflict(Details)
    /// The journal could not be read or written, so nothing was sent.
    case journal(Details)
    /// The gateway, or the signer, could not be reached and nothing was sent. Trying again is safe.
    case unreachable(Details)
    /// The gateway refused the request as it stands (class F200). Do not repeat it unchanged.
    case rejected(Details)
    /// The card is active under another request id. Find that id; do not invent a third.
    case alreadyActivated(Details)
    /// The prepaid account does not cover the amount. Top it up.
    case insufficientFunds(Details)
    /// The account, its contract or its access stands in the way (class F300). Stop and alert.
    case account(Details)
    /// The signature, the key or the clock was refused, or nobody signed. Check the signer and the time.
    case authentication(Details)
    /// More than the allowed requests per second. Wait, then use the same id.
    case throttled(Details)
    /// The card may or may not have changed. Repeat with the same ``Details/requestId``, or resolve it; never use a new
    /// id. A task that was cancelled while a sale was under way ends so too: see ``Details/isCancelled``.
    case outcomeUnknown(Details)
    /// It cannot be settled by itself. A person has to look at the card.
    case needsAttention(Details)

    /// Whether the gateway may have acted.
    public enum Delivery: String, Codable, Sendable {
        /// No byte reached the gateway: nothing happened.
        case notSent = "not_sent"
        /// It may have reached the gateway: the card may or may not have changed.
        case unknown
        /// The gateway answered, and refused it: nothing changed.
        case answered
    }

    /// What is known of a failure.
    public struct Details: Hashable, Codable, Sendable {
        /// What was wrong and what to do.
        public var message: String
        /// Whether the gateway may have acted.
        public var delivery: Delivery = .notSent
        /// The gateway's class, such as `F200`, where it gave one.
        public var code: String?
        /// The gateway's error type, such as `CardNumberNotFound`, where it gave one.
        public var errorType: String?
        /// The value at fault, such as `amount`.
        public var field: String?
        /// The request id that settles the sale, once one was chosen.
        public var requestId: String?
        /// The card, masked: `...7585`.
        public var card: String?
        /// How many requests were sent.
        public var attempts: Int = 0
        /// What exactly stands in the way, where the case alone does not tell what to do: `not_before`, `unknown_id`,
        /// `no_journal`, `mock_id`, `open_sale`, `other_journal`, `damaged_journal`, `certificate`, `proxy`, `key`, `secret`,
        /// `region`, `clock`, or a later version's.
        public var cause: String?
        /// Whether this task was cancelled, and no more is known for that reason alone. The sale goes on: repeat it with
        /// ``requestId``, resolve it, or find it in ``Client/untold()`` once it has its outcome.
        public var isCancelled = false

        /// Details of a failure of one's own making, as tests need them.
        public init(message: String, delivery: Delivery = .notSent, field: String? = nil, requestId: String? = nil) {
            self.message = message
            self.delivery = delivery
            self.field = field
            self.requestId = requestId
        }
    }

    /// What is known of it.
    public var details: Details {
        switch self {
        case .invalidInput(let details), .configuration(let details), .conflict(let details), .journal(let details),
            .unreachable(let details), .rejected(let details), .alreadyActivated(let details),
            .insufficientFunds(let details), .account(let details), .authentication(let details),
            .throttled(let details), .outcomeUnknown(let details), .needsAttention(let details):
            details
        }
    }

    /// The name of the case in every language, such as `OUTCOME_UNKNOWN`.
    public var kind: String {
        switch self {
        case .invalidInput: "INVALID_INPUT"
        case .configuration: "CONFIGURATION"
        case .conflict: "CONFLICT"
        case .journal: "JOURNAL"
        case .unreachable: "UNREACHABLE"
        case .rejected: "REJECTED"
        case .alreadyActivated: "ALREADY_ACTIVATED"
        case .insufficientFunds: "INSUFFICIENT_FUNDS"
        case .account: "ACCOUNT"
        case .authentication: "AUTHENTICATION"
        case .throttled: "THROTTLED"
        case .outcomeUnknown: "OUTCOME_UNKNOWN"
        case .needsAttention: "NEEDS_ATTENTION"
        }
    }

    package init(kind: String, _ details: Details) {
        switch kind {
        case "INVALID_INPUT": self = .invalidInput(details)
        case "CONFIGURATION": self = .configuration(details)
        case "CONFLICT": self = .conflict(details)
        case "JOURNAL": self = .journal(details)
        case "UNREACHABLE": self = .unreachable(details)
        case "REJECTED": self = .rejected(details)
        case "ALREADY_ACTIVATED": self = .alreadyActivated(details)
        case "INSUFFICIENT_FUNDS": self = .insufficientFunds(details)
        case "ACCOUNT": self = .account(details)
        case "AUTHENTICATION": self = .authentication(details)
        case "THROTTLED": self = .throttled(details)
        case "NEEDS_ATTENTION": self = .needsAttention(details)
        // What this version does not know is handled with the greatest care.
        default: self = .outcomeUnknown(details)
        }
    }

    init(_ error: CoreError) {
        var details = Details(message: error.message)
        details.delivery = Delivery(rawValue: error.delivery) ?? .unknown
        details.code = error.code
        details.errorType = error.errorType
        details.field = error.field
        details.requestId = error.requestId
        details.card = error.card
        details.attempts = Int(error.attempts)
        details.cause = error.cause
        details.isCancelled = error.isCancelled
        self.init(kind: error.kind, details)
    }
}

extension PosaError: LocalizedError, CustomStringConvertible {
    /// What was wrong and what to do, in English.
    public var errorDescription: String? { details.message }

    /// One line: the kind, the message, the gateway's words and the request id.
    public var description: String {
        let words = [details.code, details.errorType].compactMap { $0 }.joined(separator: " ")
        let answer = words.isEmpty ? "" : " (\(words))"
        let id = details.requestId.map { " [request id \($0)]" } ?? ""
        return "\(kind): \(details.message)\(answer)\(id)"
    }
}
