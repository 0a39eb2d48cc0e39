internal import PosaFFI

/// A currency in which gift cards are issued (specification, "Transaction Amount Limits").
public enum Currency: String, CaseIterable, Codable, Sendable {
    case aed = "AED"
    case aud = "AUD"
    case cad = "CAD"
    case egp = "EGP"
    case eur = "EUR"
    case gbp = "GBP"
    case jpy = "JPY"
    case mxn = "MXN"
    case pln = "PLN"
    case sar = "SAR"
    case sek = "SEK"
    case sgd = "SGD"
    case `try` = "TRY"
    case usd = "USD"
    case zar = "ZAR"

    /// The currency of an ISO 4217 code.
    ///
    /// - Parameter code: Three letters in upper case.
    /// - Throws: ``PosaError/invalidInput(_:)``, field `currency`: no gift cards are issued in it.
    public init(code: String) throws {
        try checked { try checkCurrency(code: code) }
        self = try Self(rawValue: code).orDefect()
    }

    /// The ISO 4217 code.
    public var code: String { rawValue }
}

extension Currency: CustomStringConvertible {
    /// The ISO 4217 code.
    public var description: String { rawValue }
}
