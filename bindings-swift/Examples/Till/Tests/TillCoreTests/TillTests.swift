import Foundation
import Posa
import PosaTesting
import Testing
import TillCore

/// The till against the sandbox.
@MainActor
@Suite struct TillTests {
    private let sandbox: Sandbox
    private let client: Client
    private let till: Till
    private let card: CardNumber

    init() throws {
        sandbox = try Sandbox()
        var settings = sandbox.settings(signer: sandbox.signer)
        settings.attempts = 2
        settings.retryBase = .milliseconds(1)
        client = try Client(settings)
        till = Till(client: client, currency: .usd, locale: Locale(identifier: "en_US"))
        card = try sandbox.cards(currency: .usd)[0].cardNumber
    }

    @Test func aSaleEndsInAReceipt() async throws {
        await till.start()
        #expect(till.state == .ready(notice: nil))
        till.scan("]C0\(card.digits)\r")
        #expect(till.state == .scanned(card))
        await till.sell(for: "25.00")
        guard case .sold(let receipt) = till.state else { throw Unexpected(state: till.state) }
        #expect((receipt.cardNumber, receipt.cardStatus) == (card, .activated))
        till.next()
        #expect(till.state == .ready(notice: nil))
    }

    @Test func anUnknownOutcomeIsAskedAboutAgain() async throws {
        try await loseASale()
        await till.askAgain()
        guard case .sold(let receipt) = till.state else { throw Unexpected(state: till.state) }
        #expect(receipt.attempts == 0)
        #expect(try sandbox.movements().count == 1)
    }

    @Test func anUnknownOutcomeIsGivenUp() async throws {
        try await loseASale()
        await till.giveUp()
        #expect(till.state == .givenUp)
        #expect(try sandbox.card(card).status == .awaitingActivation)
    }

    @Test func theNextLaunchSettlesWhatIsOpen() async throws {
        try await loseASale()
        let next = Till(client: client, currency: .usd)
        await next.start()
        guard case .untold(let sales, notice: nil) = next.state else { throw Unexpected(state: next.state) }
        #expect(sales.map(\.cardNumber) == [card])
        #expect(sales.map(\.state) == [.activated])
        var open = 0
        for try await _ in client.transactions(open: true) { open += 1 }
        #expect(open == 0)
        await next.acknowledge(sales[0])
        #expect(next.state == .ready(notice: nil))
        await next.start()
        #expect(next.state == .ready(notice: nil))
    }

    @Test func anAmountIsTypedAsInTheTillsCountry() async throws {
        let abroad = Till(client: client, currency: .usd, locale: Locale(identifier: "de_DE"))
        abroad.scan(card.digits)
        await abroad.sell(for: "25.10")
        guard case .refused = abroad.state else { throw Unexpected(state: abroad.state) }
        abroad.scan(card.digits)
        await abroad.sell(for: "25,10")
        guard case .sold(let receipt) = abroad.state else { throw Unexpected(state: abroad.state) }
        #expect(receipt.amount?.text == "25.10")
    }

    @Test func theSignersTokenIsNotPrinted() throws {
        let signer = StoreSigner(address: try #require(URL(string: "https://store.example")), token: "hunter2")
        var shown = "\(signer) \(String(reflecting: signer))"
        dump(signer, to: &shown)
        #expect(!shown.contains("hunter2"))
        #expect(shown.contains("store.example"))
    }

    @Test(arguments: ["2500.00", "twenty", "-1", "25,10"]) func aWrongAmountIsSaid(_ amount: String) async {
        till.scan(card.digits)
        await till.sell(for: amount)
        guard case .refused(let advice) = till.state else { return #expect(Bool(false), "\(till.state)") }
        #expect(advice.contains("amount"))
    }

    @Test func aBarcodeOfSomethingElseIsNoCard() {
        till.scan("4006381333931")
        guard case .refused(let advice) = till.state else { return #expect(Bool(false), "\(till.state)") }
        #expect(advice.contains("product's code"))
    }

    @Test func aCardThatIsSoldIsNotSoldAgain() async throws {
        _ = try await client.activate(card: card, amount: try Amount("25.00", .usd))
        till.scan(card.digits)
        await till.sell(for: "25.00")
        #expect(till.state == .refused("This card belongs to another sale. Take another card."))
        #expect(try sandbox.movements().count == 1)
    }

    private func loseASale() async throws {
        try sandbox.inject(Fault(.dropAfterCommit, times: 2))
        till.scan(card.digits)
        await till.sell(for: "25.00")
        guard case .unknown = till.state else { throw Unexpected(state: till.state) }
    }
}

private struct Unexpected: Error {
    let state: Till.State
}
