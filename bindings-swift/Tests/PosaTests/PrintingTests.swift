import Foundation
import Posa
import PosaTesting
import Testing

/// Whatever is printed, dumped or looked at in a debugger shows no secret and no whole card number.
@Suite struct PrintingTests {
    @Test func noPublicValueShowsASecret() async throws {
        let shop = try Shop()
        let hidden = [
            String(shop.card.number.prefix(12)), shop.sandbox.credentials.secretAccessKey, "token-of-the-till",
            "hunter-",
        ]
        var walked = Set<String>()
        for value in try await Self.values(shop) {
            var dumped = ""
            dump(value, to: &dumped)
            let nested: [Any] = [Optional(value) as Any, ["value": value], (value, value)]
            for text in ["\(value)", String(reflecting: value), dumped] + nested.map({ String(describing: $0) }) {
                for secret in hidden {
                    #expect(!text.contains(secret), "\(type(of: value))")
                }
            }
            Self.walk(value, &walked)
        }
        let missing = try Self.declared().subtracting(walked)
        #expect(missing.isEmpty, "no value here is a \(missing.sorted())")
    }

    @Test func whatIsPrintedSaysWhatItIs() throws {
        let shop = try Shop()
        #expect("\(shop.card)" == shop.card.lastFour)
        #expect("\(shop.settings())".contains(shop.sandbox.partnerId))
        #expect("\(Journal.memory) \(Journal.none)" == "Journal(memory) Journal(none)")
        let file = Journal.file(URL(fileURLWithPath: "/var/lib/posa/till.db"))
        #expect("\(file)" == "Journal(/var/lib/posa/till.db)")
        #expect(try "\(Self.database())" == "Journal(postgres:...)")
    }

    private static func database() throws -> Journal {
        .file(try #require(URL(string: "postgres://till:hunter-4@db.example/posa")))
    }

    /// One value at least of every public type.
    private static func values(_ shop: Shop) async throws -> [Any] {
        let sandbox = shop.sandbox
        let recorder = Recorder(sandbox.signer)
        let client = try Client(shop.settings(signer: recorder))
        let events = client.events()
        var details = TransactionSource.Details(institutionName: "Store 42")
        details.city = "Seattle"
        let source = TransactionSource.long(sourceId: "S42", institutionId: "S42", details: details)
        let sale = Sale(card: shop.card, amount: shop.amount, source: source, externalReference: "till 3")
        let receipt = try await client.activate(sale)
        let expiring = try sandbox.cards(currency: .jpy)[0].cardNumber
        let yen = try await client.activate(card: expiring, amount: try Amount("5000", .jpy))
        var values: [Any] = [
            client, sale, source, details, receipt, yen, try Currency(code: "JPY"), client.transactions(),
            client.transactions().makeAsyncIterator(), try await client.history(requestId: receipt.requestId),
            try #require(try await client.transaction(receipt.requestId)), await recorder.requests,
            Client.Options(deadline: .seconds(3)), Client.Environment.sandbox, SigningRefused("not this till"),
            sandbox.signer,
        ]
        let rows = try client.activateMany("orders", try shop.sales(2))
        for try await row in rows { values.append(row) }
        values += [rows, rows.makeAsyncIterator(), rows.progress]
        values += try await outcomes(shop, client)
        try await client.close()
        for await event in events { values.append(event) }
        values += try settings(shop) + errors(shop)
        values += [
            sandbox, Sandbox.Settings(), Sandbox.Settings.F1000.f100, sandbox.credentials, try sandbox.cards(),
            try sandbox.funds(), try sandbox.movements(), try sandbox.transactions(), try sandbox.clock(),
            try sandbox.requests(), Fault(.delay(milliseconds: 1), card: shop.card),
        ]
        return values
    }

    /// A recovery that settled a sale, and one that did not.
    private static func outcomes(_ shop: Shop, _ client: Client) async throws -> [Any] {
        let other = try shop.sandbox.cards(currency: .usd)[1].cardNumber
        try shop.sandbox.inject(Fault(.dropAfterCommit, times: 6))
        let lost = try await thrown { try await client.activate(card: other, amount: shop.amount) }
        let open = try await client.recover()
        let settled = try await client.recover()
        #expect((open.open.count, settled.settled.count) == (1, 1))
        return [lost, lost.details, open, settled]
    }

    /// Settings with a secret wherever one may stand.
    private static func settings(_ shop: Shop) throws -> [Any] {
        var settings = shop.settings(journal: try database(), signer: Tokened())
        settings.proxy = "http://till:hunter-1@proxy.example"
        settings.endpoint = "https://till:hunter-2@gateway.example"
        settings.marketplace = .us
        settings.environment = .sandbox
        let misread = Journal.file(URL(fileURLWithPath: "postgres://till:hunter-3@db.example"))
        return [settings, shop.settings(), settings.journal, misread, Journal.memory, settings.format, Tokened()]
    }

    /// What is said of values that cannot be used, and hold a secret or a card's number.
    private static func errors(_ shop: Shop) throws -> [Any] {
        let changes: [(inout Client.Settings) throws -> Void] = [
            { $0.proxy = "http://till:hunter-1@[proxy" }, { $0.endpoint = "https://till:hunter-2@gateway.example" },
            { $0.journal = .file(try #require(URL(string: "mysql://till:hunter-3@db.example"))) },
        ]
        let refused = try changes.map { change in
            var settings = shop.settings()
            try change(&settings)
            return try thrownAtOnce { try Client(settings) }
        }
        return refused + [try thrownAtOnce { try CardNumber("\(shop.card.digits)0") }]
    }

    /// A signer of an app's that hides its token, as the example's does.
    private struct Tokened: RequestSigner, CustomStringConvertible, CustomReflectable {
        let token = "token-of-the-till"
        let description = "Tokened"
        var customMirror: Mirror { Mirror(self, children: []) }

        func sign(_ request: UnsignedRequest) async throws -> [String: String] { [:] }
    }

    /// The types of a value and of all that can be seen in it.
    private static func walk(_ value: Any, _ types: inout Set<String>) {
        types.insert(String(reflecting: type(of: value)))
        for child in Mirror(reflecting: value).children { walk(child.value, &types) }
    }

    /// The public types of both modules, as their sources declare them.
    private static func declared() throws -> Set<String> {
        var types = Set<String>()
        let package = Repository.tests.appendingPathComponent("../bindings-swift/Sources").standardized
        for module in ["Posa", "PosaTesting"] {
            let folder = package.appendingPathComponent(module)
            let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            for file in files where file.pathExtension == "swift" {
                var scopes: [(indent: Int, name: String)] = []
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let declaration = /^( *)(\w+ )?(?:final )?(struct|enum|class|extension) ([\w.]+).*\{/
                    guard let found = line.firstMatch(of: declaration) else { continue }
                    scopes.removeAll { $0.indent >= found.1.count }
                    scopes.append((found.1.count, String(found.4)))
                    guard found.2 == "public ", found.3 != "extension" else { continue }
                    types.insert(([module] + scopes.map(\.name)).joined(separator: "."))
                }
            }
        }
        #expect(types.count >= 48)
        return types
    }
}
