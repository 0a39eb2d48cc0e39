public import Foundation
internal import PosaFFI

/// An exact amount of money, more than zero. No binary floating point is involved anywhere.
public struct Amount: Hashable, Sendable {
    /// The decimal with all of the currency's fraction digits, such as `25.00` or, in yen, `500`.
    public let text: String
    /// The currency.
    public let currency: Currency

    /// Reads a decimal such as `"25.00"`, `"25"` or `"0.5"`.
    ///
    /// - Throws: ``PosaError/invalidInput(_:)``, field `amount`: no plain decimal, more fraction digits than the currency
    ///   has, zero, or outside the range of every marketplace that uses the currency.
    public init(_ text: String, _ currency: Currency) throws {
        self.init(try checked { try checkAmount(decimal: text, currency: currency.code) }, currency)
    }

    /// Takes a decimal as it is; nothing is rounded.
    ///
    /// What a person typed is no text for `Decimal(string:)`: it stops at a comma without a word, and makes 25 of `25,10`.
    /// ``init(_:_:)-(String,_)`` refuses it.
    ///
    /// - Throws: As ``init(_:_:)-(String,_)``.
    public init(_ decimal: Decimal, _ currency: Currency) throws {
        try self.init(decimal.description, currency)
    }

    /// A binary number is not exact: this never makes an amount. It is here because a literal such as `25.10` would
    /// become a `Decimal` through a `Double`.
    ///
    /// - Throws: ``PosaError/invalidInput(_:)``, field `amount`, always.
    @available(*, deprecated, message: "a Double is not exact; write Amount(\"25.00\", .usd)")
    public init(_ number: Double, _ currency: Currency) throws {
        throw Self.inexact("a Double, which is not exact")
    }

    /// A whole number could mean cents: this never makes an amount.
    ///
    /// - Throws: ``PosaError/invalidInput(_:)``, field `amount`, always.
    @available(*, deprecated, message: "an Int could mean cents; write Amount(\"25.00\", .usd)")
    public init(_ number: Int, _ currency: Currency) throws {
        throw Self.inexact("an Int, which could mean cents")
    }

    private static func inexact(_ what: String) -> PosaError {
        let message = "amount is \(what); write Amount(\"25.00\", .usd), or make a Decimal of text"
        return .invalidInput(PosaError.Details(message: message, field: "amount"))
    }

    init(_ money: Money, _ currency: Currency) {
        self.text = money.decimal
        self.currency = currency
    }

    /// As the gateway or the journal has it, whatever today's limits are.
    package init(recorded text: String, currency: String) throws {
        self.text = text
        self.currency = try Currency(rawValue: currency).orDefect()
    }

    /// The exact decimal.
    public var decimal: Decimal {
        Decimal(string: text, locale: Locale(identifier: "en_US_POSIX")) ?? .nan
    }
}

extension Amount: CustomStringConvertible {
    /// Such as `25.00 USD`.
    public var description: String { "\(text) \(currency)" }
}

extension Amount: Codable {
    private enum CodingKeys: String, CodingKey {
        case text = "amount"
        case currency
    }

    /// Reads `{"amount": "25.00", "currency": "USD"}`, and checks it as ``init(_:_:)-(String,_)`` does.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let currency = try members.decode(Currency.self, forKey: .currency)
        try self.init(try members.decode(String.self, forKey: .text), currency)
    }
}
