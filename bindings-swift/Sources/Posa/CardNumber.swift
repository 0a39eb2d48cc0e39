internal import PosaFFI

/// The number of a gift card: 16 digits, with or without the 3 digits of its checksum.
///
/// Every description shows the last four digits only. Two numbers are equal when they name the same card, with or
/// without the checksum.
public struct CardNumber: Sendable {
    /// All digits as given: 16 or 19. Not for logs.
    public let digits: String
    /// The 16 digits that name the card. Not for logs.
    public let number: String

    /// Reads a number as it is typed: spaces, dashes and line ends are left out.
    ///
    /// - Throws: ``PosaError/invalidInput(_:)``, field `card_number`: anything but digits, or not 16 or 19 of them.
    public init(_ text: String) throws {
        self.init(try checked { try checkCardNumber(text: text) })
    }

    /// Reads what a barcode scanner gives, such as the `payloadStringValue` of a Vision barcode: also the symbology
    /// identifier (`]C1`) and the group separators that some scanners send along are left out.
    ///
    /// - Throws: As ``init(_:)``: also for the barcode of some other thing, whose number has another length.
    public init(scanned payload: String) throws {
        self.init(try checked { try checkScannedCardNumber(text: payload) })
    }

    init(_ card: Card) {
        self.init(digits: card.digits, number: card.number)
    }

    package init(digits: String, number: String) {
        self.digits = digits
        self.number = number
    }

    /// The last four of the 16 digits, as they may be shown, with or without a checksum: `...7585`.
    public var lastFour: String { "...\(digits.prefix(16).suffix(4))" }
}

extension CardNumber: Hashable {
    /// Whether both name the same card.
    public static func == (left: Self, right: Self) -> Bool { left.number == right.number }

    /// Hashes the 16 digits.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

extension CardNumber: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The last four digits.
    public var description: String { lastFour }

    /// The last four digits.
    public var debugDescription: String { "CardNumber(\(lastFour))" }

    /// The last four digits, for `dump` and debuggers.
    public var customMirror: Mirror { Mirror(self, children: ["lastFour": lastFour]) }
}

/// Encodes all digits, as one string: what is encoded is not for logs.
extension CardNumber: Codable {
    /// Reads one string, as ``init(_:)`` does.
    public init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes one string of 16 or 19 digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(digits)
    }
}
