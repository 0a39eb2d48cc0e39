public import Foundation
public import Posa
internal import PosaSandboxFFI

/// A gateway that speaks the activation protocol on free ports of 127.0.0.1, in this process.
///
/// It verifies signatures, keeps cards and funds, and fails on demand. Everything is in memory unless
/// ``Settings/state`` names a file. It runs until ``stop()``, or until nobody holds it. Link it into tests, and never
/// into an app.
public final class Sandbox: Sendable {
    /// How a sandbox behaves.
    public struct Settings: Sendable {
        /// What the mock id `F1000` answers; the vendor's pages say both.
        public enum F1000: String, Sendable {
            /// It succeeds.
            case success
            /// It fails with class F100.
            case f100
        }

        /// Requests of one partner per second; `nil` for no limit.
        public var throttle: Int? = 10
        /// What the mock id `F1000` answers.
        public var f1000 = F1000.success
        /// Demands all 19 digits.
        public var strictCardNumbers = false
        /// Demands letters and digits, which the live service does not.
        public var strictRequestIds = false
        /// HTTP 500 in place of 400 for the classes F100, F400 and F500.
        public var serverErrorStatus = false
        /// The region that requests must be signed for.
        public var region = "us-east-1"
        /// The partner it serves.
        public var partnerId = "Awssb"
        /// A file that keeps the ledger across restarts.
        public var state: URL?

        /// The usual ones.
        public init() {}
    }

    /// `http://127.0.0.1:<port>`.
    public let url: String
    /// `https://127.0.0.1:<port>`; its certificate is signed by ``certificateAuthority``.
    public let tlsUrl: String
    /// The certificate authority of this sandbox, in PEM.
    public let certificateAuthority: Data
    /// The region to sign for.
    public let region: String
    /// The partner it serves.
    public let partnerId: String
    /// The tag of the request ids that ``signer`` signs.
    public let idTag: String
    /// The partner's key, which is good for nothing but a sandbox.
    public let credentials: StaticCredentials

    let gateway: Gateway

    /// Starts it, which takes some milliseconds.
    ///
    /// - Throws: ``/Posa/PosaError``: a setting cannot be used.
    public init(_ settings: Settings = Settings()) throws {
        let given = Given(
            throttle: settings.throttle.map { UInt32(clamping: $0) }, f1000: settings.f1000.rawValue,
            strictCardNumbers: settings.strictCardNumbers, strictRequestIds: settings.strictRequestIds,
            serverErrorStatus: settings.serverErrorStatus, region: settings.region, partnerId: settings.partnerId,
            state: settings.state?.path)
        let gateway = try asked { try Gateway.start(given: given) }
        let addresses = try asked { try gateway.addresses() }
        let ready = try read(Ready.self) { try gateway.ready() }
        self.gateway = gateway
        url = addresses.url
        tlsUrl = addresses.tlsUrl
        certificateAuthority = Data(addresses.caPem.utf8)
        idTag = addresses.idTag
        region = ready.region
        partnerId = ready.partnerId
        credentials = StaticCredentials(accessKeyId: ready.accessKeyId, secretAccessKey: ready.secretAccessKey)
    }

    /// A client's settings for this sandbox, which a test may change further.
    public func settings(journal: Journal = .memory) -> Client.Settings {
        Client.Settings(
            partnerId: partnerId, endpoint: url, region: region, credentials: credentials, journal: journal)
    }

    /// A client's settings for this sandbox, for a client whose requests somebody else signs.
    public func settings(signer: any RequestSigner, journal: Journal = .memory) -> Client.Settings {
        var settings = Client.Settings(
            partnerId: partnerId, endpoint: url, region: region, signer: signer, journal: journal)
        settings.idTag = idTag
        return settings
    }

    /// Signs for this sandbox as a store's server would with posa's `sign_request`: ids with the sandbox's ``idTag``,
    /// without limits.
    public var signer: some RequestSigner { SandboxSigner(gateway: gateway) }

    /// Lets requests under way finish for two seconds, and closes the rest.
    public func stop() async {
        await gateway.stop()
    }

    /// Back to the first moment: the default cards and funds, no faults, an empty log, the machine's time.
    public func reset() throws {
        try asked { try gateway.reset() }
    }

    private struct Ready: Decodable {
        let region: String
        let partnerId: String
        let accessKeyId: String
        let secretAccessKey: String
    }
}

/// Cards and money.
extension Sandbox {
    /// The cards, in the order of the inventory; those of one currency or denomination, where given.
    public func cards(currency: Currency? = nil, denomination: Decimal? = nil) throws -> [Card] {
        try read([Card].self) { try gateway.cards() }.filter { card in
            (currency == nil || card.currency == currency)
                && (denomination == nil || card.denomination?.decimal == denomination)
        }
    }

    /// One card.
    ///
    /// - Throws: ``/Posa/PosaError/invalidInput(_:)``: there is no such card.
    public func card(_ card: CardNumber) throws -> Card {
        try read(Card.self) { try gateway.card(number: card.number) }
    }

    /// Adds a card at the end of the inventory.
    ///
    /// - Parameters:
    ///   - number: 16 digits, or 19 with the checksum; without one, the sandbox's own function makes it.
    ///   - denomination: The amount printed on it; without one, the activation sets the amount.
    ///   - marketplace: The country of issuance.
    /// - Returns: The card as it is now.
    /// - Throws: ``/Posa/PosaError/invalidInput(_:)``: a value does not fit, or the number is there already.
    @discardableResult
    public func addCard(_ number: String, denomination: Amount? = nil, marketplace: Marketplace = .us) throws -> Card {
        var card = ["card_number": number, "marketplace": marketplace.code]
        card["denomination"] = denomination?.text
        return try read(Card.self) { try gateway.addCard(card: try json(card)) }
    }

    /// Does to a card what a customer, time or the vendor would.
    @discardableResult
    public func setCondition(_ card: CardNumber, _ condition: Card.Condition) throws -> Card {
        try read(Card.self) { try gateway.setCondition(number: card.number, condition: condition.rawValue) }
    }

    /// Every prepaid account.
    public func funds() throws -> [Funds] {
        try read([Funds].self) { try gateway.funds() }
    }

    /// Sets what the first partner can still spend, such as `"100.00"`.
    @discardableResult
    public func setFunds(_ currency: Currency, available: String) throws -> Funds {
        try read(Funds.self) {
            try gateway.setFunds(partner: nil, currency: currency.code, available: available)
        }
    }

    /// Every activation, oldest first.
    public func transactions() throws -> [Activation] {
        try read([Activation].self) { try gateway.transactions() }
    }

    /// Every charge and refund, oldest first: a double charge shows as two.
    public func movements() throws -> [Movement] {
        try read([Movement].self) { try gateway.movements() }
    }
}

/// Time, faults and what was asked.
extension Sandbox {
    /// The sandbox's clock.
    public func clock() throws -> Clock {
        try read(Clock.self) { try gateway.clock() }
    }

    /// Sets the clock ahead of the machine's, moves it from where it is, or stops it.
    @discardableResult
    public func setClock(offsetSeconds: Int? = nil, advanceSeconds: Int? = nil, frozen: Bool? = nil) throws -> Clock {
        try read(Clock.self) {
            try gateway.setClock(
                offset: offsetSeconds.map(Int64.init), advance: advanceSeconds.map(Int64.init), frozen: frozen)
        }
    }

    /// Fails on later requests.
    ///
    /// - Throws: ``/Posa/PosaError/invalidInput(_:)``: it could never come true.
    public func inject(_ fault: Fault) throws {
        try inject(json: try json(fault))
    }

    /// Panics in Rust, so that a test can see what becomes of it.
    package func panic() throws {
        try gateway.panic()
    }

    package func inject(json: String) throws {
        try asked { try gateway.inject(fault: json) }
    }

    /// Forgets every fault, and every late request that was not applied yet.
    public func clearFaults() throws {
        try asked { try gateway.clearFaults() }
    }

    /// Applies the late requests in the order in which they were sent; what each came to.
    @discardableResult
    public func release() throws -> [String] {
        try asked { try gateway.release() }
    }

    /// The last 10,000 requests, oldest first.
    public func requests() throws -> [Request] {
        try read([Request].self) { try gateway.requests() }
    }

    /// Empties the request log.
    public func clearRequests() throws {
        try asked { try gateway.clearRequests() }
    }
}

extension Sandbox: CustomStringConvertible {
    /// With its address.
    public var description: String { "Sandbox(\(url))" }
}

private struct SandboxSigner: RequestSigner {
    let gateway: Gateway

    func sign(_ request: UnsignedRequest) async throws -> [String: String] {
        do {
            let answer = try await gateway.sign(question: String(decoding: request.question, as: UTF8.self))
            return try JSONDecoder().decode([String: [String: String]].self, from: Data(answer.utf8))["headers"] ?? [:]
        } catch Refusal.Refused(_, let message, _) {
            throw SigningRefused(message)
        }
    }
}

private func asked<Value>(_ call: () throws -> Value) throws -> Value {
    do {
        return try call()
    } catch Refusal.Refused(let kind, let message, let field) {
        throw PosaError(kind: kind, PosaError.Details(message: message, field: field))
    }
}

private func read<Value: Decodable>(_ type: Value.Type, _ call: () throws -> String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(try asked(call).utf8))
}

private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
