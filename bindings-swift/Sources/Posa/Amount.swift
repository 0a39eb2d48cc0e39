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

    /// Reads what a person typed in the way of a place: in Germany `25,10`, in the United States `25.10`. Digits of the
    /// place are read as well as those from 0 to 9.
    ///
    /// Nothing is guessed: thousands are typed without a separator, and the other country's separator is refused, since
    /// `1.000` is a thousand in one country and one in the other.
    ///
    /// - Parameters:
    ///   - text: As typed.
    ///   - currency: The currency.
    ///   - locale: Whose decimal separator counts: that of the keyboard's number pad by default.
    /// - Throws: ``PosaError/invalidInput(_:)``, field `amount`: any other character than digits and one separator between
    ///   them, and as ``init(_:_:)-(String,_)``.
    public init(typed text: String, _ currency: Currency, locale: Locale = .current) throws {
        try self.init(typed: text, currency, decimalSeparator: locale.decimalSeparator ?? ".")
    }

    /// As ``init(typed:_:locale:)``, where that separator stands before the decimals.
    ///
    /// - Throws: As ``init(typed:_:locale:)``; also field `decimal_separator`: not a point, a comma or the Arabic
    ///   `\u{66b}`.
    public init(typed text: String, _ currency: Currency, decimalSeparator: String) throws {
        let money = try checked {
            try checkTypedAmount(text: text, separator: decimalSeparator, currency: currency.code)
        }
        self.init(money, currency)
    }

    /// Takes a decimal as it is; nothing is rounded. Of what a person typed, ``init(typed:_:locale:)`` makes an amount:
    /// Foundation reads `25,10` as 25 without a word.
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
        let message = "amount is \(what); write Amount(\"25.00\", .usd), or Amount(typed: text, .usd)"
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
