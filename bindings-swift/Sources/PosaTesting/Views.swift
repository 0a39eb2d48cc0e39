public import Posa

/// A card of the sandbox's inventory. Its number is good for nothing but this sandbox.
public struct Card: Hashable, Sendable, Decodable {
    /// What was done to a card from outside.
    public enum Condition: String, Codable, Sendable {
        /// Nothing.
        case none
        /// A customer has redeemed it.
        case claimed
        /// Its time is over, whatever the clock says.
        case expired
        /// Amazon has taken it out of use.
        case invalidated
    }

    /// All 19 digits, as a till scans them.
    public let cardNumber: CardNumber
    /// The amount printed on it; `nil` if the activation sets the amount.
    public let denomination: Amount?
    /// The currency of its country.
    public let currency: Currency
    /// The country of issuance.
    public let marketplace: Marketplace
    /// As a status check would tell.
    public let status: CardStatus
    /// What was done to it from outside.
    public let condition: Condition
    /// The id it is active under.
    public let requestId: String?
    /// The amount on it while it is active.
    public let amount: Amount?
    /// How often it was activated; replays do not count.
    public let activations: Int

    private enum CodingKeys: String, CodingKey {
        case cardNumber, checksum, denomination, currency, marketplace, status, condition, requestId, amount
        case activations
    }

    /// Reads it as the sandbox's control API shows it.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let number = try members.decode(String.self, forKey: .cardNumber)
        cardNumber = CardNumber(digits: number + (try members.decode(String.self, forKey: .checksum)), number: number)
        let currency = try members.decode(Currency.self, forKey: .currency)
        func amount(_ key: CodingKeys) throws -> Amount? {
            try members.decodeIfPresent(String.self, forKey: key).map { try Amount($0, currency) }
        }
        self.currency = currency
        denomination = try amount(.denomination)
        self.amount = try amount(.amount)
        marketplace = try members.decode(Marketplace.self, forKey: .marketplace)
        status = try members.decode(CardStatus.self, forKey: .status)
        condition = try members.decode(Condition.self, forKey: .condition)
        requestId = try members.decodeIfPresent(String.self, forKey: .requestId)
        activations = try members.decode(Int.self, forKey: .activations)
    }
}

/// The prepaid account of a partner in one currency.
public struct Funds: Hashable, Sendable, Decodable {
    /// Whose it is.
    public let partnerId: String
    /// The currency.
    public let currency: Currency
    /// What can still be spent, such as `100.00`.
    public let available: String
    /// Charges less refunds.
    public let spent: String
}

/// One movement of money; a double charge shows as two.
public struct Movement: Hashable, Sendable, Decodable {
    /// Which way.
    public enum Kind: String, Decodable, Sendable {
        /// An activation took it from the partner.
        case charge
        /// A deactivation gave it back.
        case refund
    }

    /// Which way.
    public let kind: Kind
    /// Whose money.
    public let partnerId: String
    /// The activation request id.
    public let requestId: String
    /// The card.
    public let cardNumber: CardNumber
    /// Always more than zero, such as `25.00`.
    public let amount: String
    /// The currency.
    public let currency: Currency
    /// When, by the sandbox's clock, in ISO 8601.
    public let at: String
}

extension Sandbox {
    /// An activation as the sandbox's ledger has it.
    public struct Activation: Hashable, Sendable, Decodable {
        /// Where an activation stands.
        public enum Status: String, Decodable, Sendable {
            /// In force.
            case activated
            /// Reversed.
            case deactivated
        }

        /// Whose it is.
        public let partnerId: String
        /// The activation request id.
        public let requestId: String
        /// The card.
        public let cardNumber: CardNumber
        /// What was charged, such as `25.00`.
        public let amount: String
        /// The currency.
        public let currency: Currency
        /// Where it stands.
        public let status: Status
        /// When, by the sandbox's clock, in ISO 8601.
        public let activatedAt: String
        /// When, by the sandbox's clock, in ISO 8601.
        public let deactivatedAt: String?
    }

    /// The sandbox's clock.
    public struct Clock: Hashable, Sendable, Decodable {
        /// ISO 8601, UTC.
        public let now: String
        /// How far ahead of the machine's clock, or of the frozen instant, it is.
        public let offsetSeconds: Int
        /// Whether time stands still.
        public let frozen: Bool
    }

    /// One operation request as the sandbox saw it. Holds no secret, no signature and no whole card number.
    public struct Request: Hashable, Sendable, Decodable {
        /// When it was decided, by the sandbox's clock, in ISO 8601.
        public let at: String
        /// The operation's name; `nil` for a path that is none.
        public let operation: String?
        /// The body's format: `json` or `xml`.
        public let format: String
        /// The partner whose key signed it.
        public let partnerId: String?
        /// As sent.
        public let requestId: String?
        /// The last four digits: `...7585`.
        public let card: String?
        /// `valid`, the name of the exception, or `not checked`.
        public let signature: String
        /// What the client most likely did wrong, if the signature was refused.
        public let cause: String?
        /// The fault that fell upon it, if one did.
        public let fault: String?
        /// The answer in a few words: `SUCCESS Activated`.
        public let verdict: String
        /// The HTTP status; `nil` if the connection was closed without an answer.
        public let status: Int?
        /// Whether the ledger changed.
        public let committed: Bool
        /// On a mismatch, the first line in which the two canonical requests differ.
        public let difference: String?
    }
}
