public import Foundation
internal import PosaFFI

extension Client {
    /// One of the three operations of the Incentives API for physical cards, by its name on the wire.
    public enum Operation: String, Codable, Sendable {
        /// Puts a card into the active state.
        case activate = "ActivateGiftCard"
        /// Puts a card back into the inactive state.
        case deactivate = "DeactivateGiftCard"
        /// Reports a card's state.
        case statusCheck = "ActivationStatusCheck"
    }
}

/// The state of a card as the gateway reports it.
public enum CardStatus: Hashable, Sendable {
    /// A customer can redeem it.
    case activated
    /// It has no value until it is activated.
    case awaitingActivation
    /// It can never be used again.
    case invalidated
    /// A state that the specification does not list for these operations, as sent.
    case other(String)

    /// The state of that name on the wire.
    public init(name: String) {
        switch name {
        case "Activated": self = .activated
        case "AwaitingActivation": self = .awaitingActivation
        case "Invalidated": self = .invalidated
        default: self = .other(name)
        }
    }

    /// The name on the wire.
    public var name: String {
        switch self {
        case .activated: "Activated"
        case .awaitingActivation: "AwaitingActivation"
        case .invalidated: "Invalidated"
        case .other(let name): name
        }
    }
}

extension CardStatus: Codable, CustomStringConvertible {
    /// Reads the name on the wire.
    public init(from decoder: any Decoder) throws {
        self.init(name: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the name on the wire.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }

    /// The name on the wire.
    public var description: String { name }
}

/// When a card expires.
public struct Expiration: Hashable, Codable, Sendable {
    /// The gateway's text.
    public let text: String
    /// The instant that the text names, where it has a known form.
    public let date: Date?

    init(_ expiry: Expiry) {
        text = expiry.text
        date = expiry.at.map { Date(timeIntervalSince1970: TimeInterval($0)) }
    }
}

/// What the gateway confirmed: the operation is done, and it is in the journal.
public struct Receipt: Hashable, Codable, Sendable {
    /// The operation that is done.
    public let operation: Client.Operation
    /// The id of the sale. Keep it: every later call about the card needs it.
    public let requestId: String
    /// The card; prints its last four digits.
    public let cardNumber: CardNumber
    /// The card's state after the operation.
    public let cardStatus: CardStatus
    /// The amount on the card, where the gateway tells: always after an activation.
    public let amount: Amount?
    /// When the card expires; `nil` where cards do not.
    public let expiration: Expiration?
    /// How many requests it took; 0 if the journal already knew the answer.
    public let attempts: Int

    init(_ told: Confirmed) throws {
        operation = try Client.Operation(rawValue: told.operation).orDefect()
        requestId = told.requestId
        cardNumber = CardNumber(told.card)
        cardStatus = CardStatus(name: told.cardStatus)
        amount = try told.amount.map { try Amount(recorded: $0.decimal, currency: $0.currency) }
        expiration = told.expiry.map(Expiration.init)
        attempts = Int(told.attempts)
    }
}
