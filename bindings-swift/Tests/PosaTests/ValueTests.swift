import Foundation
import Posa
import PosaTesting
import Testing

/// Values that exist are valid, exact and say no more than they should.
@Suite struct ValueTests {
    @Test func cardNumbersAreReadAsEverywhere() throws {
        let vectors = try Json.file("vectors/cards.json")
        for row in try #require(vectors["valid"]).list {
            for card in [try CardNumber(row["text"]?.text ?? ""), try CardNumber(scanned: row["text"]?.text ?? "")] {
                #expect(card.digits == row["digits"]?.text)
                #expect(card.number == row["number"]?.text)
                #expect(card.description == row["shown"]?.text)
            }
        }
        for pair in try #require(vectors["equal"]).list.map(\.list) {
            #expect(try CardNumber(pair[0].text ?? "") == CardNumber(pair[1].text ?? ""))
        }
        for row in try #require(vectors["invalid"]).list {
            let error = try thrownAtOnce { try CardNumber(row["text"]?.text ?? "") }
            #expect(error.details.field == row["field"]?.text)
            #expect(error.details.message.contains(row["says"]?.text ?? "-"))
        }
    }

    @Test func aScannerMayAddWhatIsNoDigit() throws {
        let card = try CardNumber("1400000005567585358")
        for payload in ["]C01400000005567585358\r\n", "]C1\u{1d}1400000005567585358", "1400 0000 0556 7585 358"] {
            #expect(try CardNumber(scanned: payload).digits == card.digits)
        }
        let error = try thrownAtOnce { try CardNumber(scanned: "4006381333931") }
        #expect(error.details.field == "card_number")
    }

    @Test func amountsAreReadAsEverywhereAndStayExact() throws {
        let vectors = try Json.file("vectors/amounts.json")
        for row in try #require(vectors["valid"]).list {
            let currency = try Currency(code: row["currency"]?.text ?? "")
            let amount = try Amount(row["text"]?.text ?? "", currency)
            #expect(amount.text == row["decimal"]?.text)
            let minor = Decimal(try #require(row["minor_units"]?.int))
            #expect(amount.decimal * (currency == .jpy ? 1 : 100) == minor)
            #expect(try Amount(amount.decimal, currency) == amount)
        }
        for row in try #require(vectors["invalid"]).list {
            let error = try thrownAtOnce {
                try Amount(row["text"]?.text ?? "", try Currency(code: row["currency"]?.text ?? ""))
            }
            #expect(error.details.field == row["field"]?.text)
        }
        for row in try #require(vectors["invalid_currencies"]).list {
            let error = try thrownAtOnce { try Currency(code: row["text"]?.text ?? "") }
            #expect(error.details.field == "currency")
        }
    }

    @Test func whatIsTypedIsReadByTheRulesOfThePlace() throws {
        let vectors = try Json.file("vectors/typed_amounts.json")
        func typed(_ row: Json) throws -> Amount {
            let currency = try Currency(code: row["currency"]?.text ?? "")
            return try Amount(
                typed: row["text"]?.text ?? "", currency, decimalSeparator: row["separator"]?.text ?? "")
        }
        for row in try #require(vectors["valid"]).list {
            #expect(try typed(row).text == row["decimal"]?.text)
        }
        for row in try #require(vectors["invalid"]).list {
            let error = try thrownAtOnce { try typed(row) }
            #expect(error.details.field == row["field"]?.text)
            #expect(error.details.message.contains(row["says"]?.text ?? "-"), "\(error)")
        }
        let (german, american) = (Locale(identifier: "de_DE"), Locale(identifier: "en_US"))
        #expect(try Amount(typed: "25,10", .eur, locale: german) == Amount("25.10", .eur))
        #expect(try Amount(typed: "25.10", .usd, locale: american) == Amount("25.10", .usd))
        for (text, locale) in [("25,10", american), ("25.10", german), ("1.000", german), ("1,000", american)] {
            #expect(try thrownAtOnce { try Amount(typed: text, .eur, locale: locale) }.details.field == "amount")
        }
    }

    @Test func noDecimalIsRounded() throws {
        let inexact = try #require(Decimal(string: "25.001"))
        for decimal in [inexact, .nan, -25, 0, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
            let error = try thrownAtOnce { try Amount(decimal, .usd) }
            #expect(error.details.field == "amount")
        }
        #expect(try Amount(try #require(Decimal(string: "19.99")), .usd).text == "19.99")
        #expect(try Amount(Decimal(500), .jpy).description == "500 JPY")
    }

    @available(*, deprecated)
    @Test func noDoubleAndNoIntBecomesMoney() throws {
        for error in [try thrownAtOnce { try Amount(25.10, .usd) }, try thrownAtOnce { try Amount(25, .usd) }] {
            #expect(error.kind == "INVALID_INPUT")
            #expect(error.details.field == "amount")
        }
    }

    @Test func currenciesAndMarketplacesAreTheCoresOwn() throws {
        let currencies = try #require(try Json.file("vectors/amounts.json")["currencies"]).list
        #expect(Set(currencies.compactMap { $0["code"]?.text }) == Set(Currency.allCases.map(\.code)))
        for currency in Currency.allCases {
            #expect(try Currency(code: currency.code) == currency)
        }
        let rows = try #require(try Json.file("vectors/marketplaces.json")["marketplaces"]).list
        #expect(Set(rows.compactMap { $0["code"]?.text }) == Set(Marketplace.allCases.map(\.code)))
        for row in rows {
            for name in [row["code"]] + (row["aliases"]?.list ?? []) {
                #expect(try Marketplace(code: name?.text ?? "").code == row["code"]?.text)
            }
        }
        #expect(throws: PosaError.self) { try Marketplace(code: "XX") }
    }

    @Test func whatIsStoredComesBackWhole() async throws {
        let sandbox = try Sandbox()
        let client = try Client(sandbox.settings())
        let card = try sandbox.cards(currency: .jpy)[0].cardNumber
        let receipt = try await client.activate(card: card, amount: try Amount("5000", .jpy))
        let row = try #require(try await client.transaction(receipt.requestId))
        #expect(try again(receipt) == receipt)
        #expect(try again(row) == row)
        #expect(try again(receipt).cardNumber.digits == card.digits)
        #expect(receipt.expiration?.date != nil)
        #expect(try again(CardStatus.other("Frozen")) == .other("Frozen"))
        let wrong = Data(#"{"amount": "-1", "currency": "USD"}"#.utf8)
        #expect(throws: PosaError.self) { try JSONDecoder().decode(Amount.self, from: wrong) }
    }

    private func again<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}
