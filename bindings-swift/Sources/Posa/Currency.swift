internal import PosaFFI

/// A currency in which gift cards are issued (specification, "Transaction Amount Limits").
public enum Currency: String, CaseIterable, Codable, Sendable {
    /// Dirham of the United Arab Emirates.
    case aed = "AED"
    /// Australian dollar.
    case aud = "AUD"
    /// Canadian dollar.
    case cad = "CAD"
    /// Egyptian pound.
    case egp = "EGP"
    /// Euro.
    case eur = "EUR"
    /// Pound sterling.
    case gbp = "GBP"
    /// Yen, which has no fraction digits.
    case jpy = "JPY"
    /// Mexican peso.
    case mxn = "MXN"
    /// Złoty.
    case pln = "PLN"
    /// Saudi riyal.
    case sar = "SAR"
    /// Swedish krona.
    case sek = "SEK"
    /// Singapore dollar.
    case sgd = "SGD"
    /// Turkish lira.
    case `try` = "TRY"
    /// US dollar.
    case usd = "USD"
    /// Rand.
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
