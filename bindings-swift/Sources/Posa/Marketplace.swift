internal import PosaFFI

/// A country of issuance: it fixes the gateway, the currency, and the smallest and largest amount.
public enum Marketplace: String, CaseIterable, Codable, Sendable {
    /// Australia.
    case au = "AU"
    /// Belgium.
    case be = "BE"
    /// Canada.
    case ca = "CA"
    /// Egypt.
    case eg = "EG"
    /// France.
    case fr = "FR"
    /// Netherlands.
    case nl = "NL"
    /// Germany.
    case de = "DE"
    /// Italy.
    case it = "IT"
    /// Japan.
    case jp = "JP"
    /// Saudi Arabia.
    case sa = "SA"
    /// Mexico.
    case mx = "MX"
    /// Poland.
    case pl = "PL"
    /// Spain.
    case es = "ES"
    /// Singapore.
    case sg = "SG"
    /// South Africa.
    case za = "ZA"
    /// Sweden.
    case se = "SE"
    /// Turkey.
    case tr = "TR"
    /// United Arab Emirates.
    case ae = "AE"
    /// United Kingdom.
    case gb = "GB"
    /// United States.
    case us = "US"

    /// The marketplace of an ISO 3166 alpha-2 code, or of the specification's own `UK`, `UAE` and `KSA`.
    ///
    /// - Throws: ``PosaError/invalidInput(_:)``, field `marketplace`: it is none of them.
    public init(code: String) throws {
        let known = try checked { try checkMarketplace(name: code) }
        self = try Self(rawValue: known).orDefect()
    }

    /// The ISO 3166 alpha-2 code.
    public var code: String { rawValue }
}

extension Client {
    /// Whether money is real.
    public enum Environment: String, Codable, Sendable {
        /// Amazon's test gateway.
        case sandbox
        /// The live gateway.
        case production
    }
}
