import Foundation
import Posa
import PosaTesting
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The programs of this package's README and of the repository's: they stand here to be compiled and run, and are
/// compared with the pages.
@Suite struct ReadmeTests {
    static let here = URL(fileURLWithPath: #filePath)

    @Test func theReadmesShowTheseProgramsAndNoOthers() throws {
        let compiled = Self.programs(
            in: try String(contentsOf: Self.here, encoding: .utf8), from: "// README", to: "// end"
        ).map { $0.outdented.trimmed }
        #expect(compiled.count == 8)
        #expect(try Self.shown(by: "../../README.md") == compiled)
        #expect(try Self.shown(by: "../../../README.md") == [compiled[0]])
    }

    static func shown(by page: String) throws -> [String] {
        let file = here.deletingLastPathComponent().appendingPathComponent(page).standardized
        return programs(in: try String(contentsOf: file, encoding: .utf8), from: "```swift", to: "```")
            .map { program in program.filter { !$0.hasPrefix("import ") }.trimmed }
    }

    @Test func theFirstCard() async throws {
        // README
        let sandbox = try Sandbox()
        let client = try Client(sandbox.settings(journal: .memory))

        let receipt = try await client.activate(card: "1400000005567585358", amount: Amount("25.00", .usd))
        print(receipt.cardStatus, receipt.requestId)  // Activated Awssb...

        _ = try await client.deactivate(receipt)
        try await client.close()
        // end
        #expect(try sandbox.movements().map(\.kind) == [.charge, .refund])
    }

    @Test func inAnApp() async throws {
        let server = try #require(URL(string: "https://store.example/sign"))
        // README
        struct StoreSigner: RequestSigner {
            let server: URL

            func sign(_ request: UnsignedRequest) async throws -> [String: String] {
                var post = URLRequest(url: server)
                post.httpMethod = "POST"
                post.httpBody = request.question
                let (answer, response) = try await URLSession.shared.data(for: post)
                guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw SigningRefused("not signed") }
                return try JSONDecoder().decode([String: [String: String]].self, from: answer)["headers"] ?? [:]
            }
        }

        var settings = try Client.Settings(
            partnerId: "Awssb", marketplace: .us, environment: .sandbox, signer: StoreSigner(server: server),
            journal: .applicationSupport())
        settings.idTag = "S042"  // in each request id of this shop, and in no other's
        let client = try Client(settings)
        try await client.recover()  // what an earlier run left open
        // end
        try await client.close()
    }

    @Test func threeOutcomes() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        let (card, amount) = (shop.card, shop.amount)
        try shop.sandbox.inject(Fault(.dropAfterCommit, times: 3))
        // README
        do {
            let receipt = try await client.activate(card: card, amount: amount)
            print("hand over \(receipt.cardNumber)")
        } catch PosaError.outcomeUnknown(let unknown) {
            // The card may or may not be active. The same request id settles it, now or after a restart.
            let sale = try await client.resolve(unknown)
            print(sale.state)
        } catch let error as PosaError {
            // Nothing changed. The case says what to do, `field` what to correct.
            print(error.kind, error.localizedDescription, error.details.field ?? "")
        }
        // end
        #expect(try shop.sandbox.card(card).status == .activated)
    }

    @Test func whatNobodyHeard() async throws {
        let shop = try Shop()
        var settings = shop.settings()
        settings.acknowledged = true
        let client = try Client(settings)
        _ = try await client.activate(card: shop.card, amount: shop.amount)
        // README
        for sale in try await client.untold() {
            print(sale.cardNumber, sale.amount, sale.state)  // somebody finds the card, or the customer
            try await client.acknowledge(sale)
        }
        // end
        #expect(try await client.untold().isEmpty)
    }

    @Test func scanning() throws {
        // README
        let card = try CardNumber(scanned: "]C01400000005567585358")
        let amount = try Amount("25.00", .usd)  // a Double is refused, for it is not exact
        let typed = try Amount(typed: "25,10", .eur, locale: Locale(identifier: "de_DE"))  // without one, the device's
        print(card, amount, typed)  // ...7585 25.00 USD 25.10 EUR
        // end
        #expect("\(card) \(amount) \(typed)" == "...7585 25.00 USD 25.10 EUR")
    }

    @Test func manySales() async throws {
        let sandbox = try Sandbox()
        let client = try Client(sandbox.settings())
        // README
        let sales = try sandbox.cards(currency: .usd, denomination: 25).map {
            Sale(card: $0.cardNumber, amount: try Amount("25.00", .usd))
        }
        let rows = try client.activateMany("2026-11-orders", sales)
        for try await row in rows {
            print(row.index, row.outcome)
        }
        print(rows.progress)
        // end
        #expect(rows.progress.done == sales.count)
        #expect(sales.count > 1)
    }

    @Test func whatHappens() async throws {
        let shop = try Shop()
        let client = try Client(shop.settings())
        // README
        let events = client.events()
        Task {
            for await event in events {
                print(event.requestId, event.kind)  // sending, retrying, settled, alarm...
            }
        }
        for try await sale in client.transactions(open: true) {
            print(sale.requestId, sale.state, sale.note ?? "")
        }
        // end
    }

    @Test func testsOfYourOwn() async throws {
        // README
        let sandbox = try Sandbox()
        let client = try Client(sandbox.settings(signer: sandbox.signer))  // signs as your server would
        try sandbox.inject(Fault(.dropAfterCommit))
        let card = try sandbox.cards(currency: .usd)[0].cardNumber
        _ = try await client.activate(card: card, amount: Amount("25.00", .usd))
        #expect(try sandbox.movements().count == 1)
        // end
    }

    /// The lines between each line that is `first` and the next one that is `last`, spaces around them aside.
    private static func programs(in text: String, from first: String, to last: String) -> [[Substring]] {
        var programs: [[Substring]] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            switch line.trimmingCharacters(in: .whitespaces) {
            case first where !isInside: (isInside, programs) = (true, programs + [[]])
            case last where isInside: isInside = false
            default: if isInside { programs[programs.count - 1].append(line) }
            }
        }
        return programs
    }
}

extension [Substring] {
    /// Without empty lines around it.
    fileprivate var trimmed: String { joined(separator: "\n").trimmingCharacters(in: .newlines) }

    /// Without the indentation of the test it stands in.
    fileprivate var outdented: [Substring] { map { $0.dropFirst($0.hasPrefix("        ") ? 8 : 0) } }
}
