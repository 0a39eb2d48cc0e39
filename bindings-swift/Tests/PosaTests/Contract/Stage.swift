import Foundation
import Posa
import PosaTesting
import Testing

/// A sandbox, its clients, and what the steps of a scenario have left behind.
actor Stage {
    private let scenario: Json
    private let sandbox: Sandbox
    private let cards: [String: String]
    private var clients: [String: Client] = [:]
    private var ids: [String: String] = [:]

    init(_ scenario: Json) throws {
        try known(scenario, ["name", "invariants", "sandbox", "cards", "clients", "steps", "after"])
        self.scenario = scenario
        let given = scenario["sandbox"] ?? .null
        try known(given, ["throttle", "f1000", "strict_card_numbers", "server_error_status"])
        var settings = Sandbox.Settings()
        settings.throttle = given["throttle"]?.int
        settings.f1000 = given["f1000"]?.text.flatMap(Sandbox.Settings.F1000.init) ?? .success
        settings.strictCardNumbers = given["strict_card_numbers"]?.bool ?? false
        settings.serverErrorStatus = given["server_error_status"]?.bool ?? false
        sandbox = try Sandbox(settings)
        let inventory = try sandbox.cards()
        cards = try scenario["cards"]?.members.mapValues { try select(inventory, $0) } ?? [:]
        for (name, members) in scenario["clients"]?.members ?? ["till": .object([:])] {
            clients[name] = try connect(sandbox, members)
        }
    }

    func play() async throws {
        for (at, step) in try #require(scenario["steps"]).list.enumerated() {
            let place = "step \(at + 1)"
            switch step["do"]?.text {
            case "activate", "deactivate", "status": try await settle(step, place) { try await self.call(step) }
            case "connect": try await settle(step, place) { try self.tryToConnect(step) }
            default: try control(step)
            }
        }
        try await check(try #require(scenario["after"]))
        for client in clients.values {
            try await client.close()
        }
        await sandbox.stop()
    }

    private func call(_ step: Json) async throws -> Receipt? {
        try known(
            step,
            [
                "do", "client", "as", "card", "card_number", "amount", "currency", "request_id", "request_id_of",
                "source", "program_id", "product_type", "external_reference", "expect",
            ])
        let client = try #require(clients[step["client"]?.text ?? "till"])
        let number = try #require(step["card"]?.text.flatMap { cards[$0] } ?? step["card_number"]?.text)
        let requestId = step["request_id_of"]?.text.flatMap { ids[$0] } ?? step["request_id"]?.text
        let reference = step["external_reference"]?.text
        if step["do"] == .text("activate") {
            let currency = try Currency(code: step["currency"]?.text ?? "")
            let sale = Sale(
                card: try CardNumber(number), amount: try Amount(step["amount"]?.text ?? "", currency),
                requestId: requestId, source: try step["source"].map(source), programId: step["program_id"]?.text,
                productType: step["product_type"]?.text, externalReference: reference)
            return try await client.activate(sale)
        }
        let (card, id) = (try CardNumber(number), try #require(requestId))
        return step["do"] == .text("status")
            ? try await client.status(card: card, requestId: id, externalReference: reference)
            : try await client.deactivate(card: card, requestId: id, externalReference: reference)
    }

    private func tryToConnect(_ step: Json) throws -> Receipt? {
        _ = try connect(sandbox, .object(step.members.filter { !["do", "expect"].contains($0.key) }))
        return nil
    }

    /// Compares how a call ended with what the step expects, and remembers its id.
    private func settle(_ step: Json, _ place: String, _ run: () async throws -> Receipt?) async throws {
        var wanted = try #require(step["expect"]).members
        try known(
            .object(wanted),
            [
                "outcome", "kind", "delivery", "code", "error_type", "field", "card_status", "amount", "currency",
                "attempts", "expires", "request_id", "request_id_of",
            ])
        if let label = wanted.removeValue(forKey: "request_id_of")?.text {
            wanted["request_id"] = Json(ids[label])
        }
        let outcome: [String: Json]
        do {
            outcome = success(try await run())
        } catch let error as PosaError {
            for digits in cards.values {
                let shown = "\(error) \(error.localizedDescription) \(String(reflecting: error))"
                #expect(!shown.contains(digits.prefix(12)))
            }
            outcome = failure(error)
        }
        #expect(outcome.filter { wanted[$0.key] != nil } == wanted, "\(place): \(outcome)")
        if let label = step["as"]?.text {
            ids[label] = try #require(outcome["request_id"]?.text, "\(place)")
        }
    }

    /// A step that the sandbox takes, and no client.
    private func control(_ step: Json) throws {
        let members = step.members.filter { $0.key != "do" }
        switch step["do"]?.text {
        case "fault":
            try sandbox.inject(json: Json.object(members).written)
        case "release":
            try known(.object(members), [])
            #expect(try !sandbox.release().isEmpty)
        case "clock":
            try known(.object(members), ["frozen", "advance_seconds"])
            try sandbox.setClock(advanceSeconds: step["advance_seconds"]?.int, frozen: step["frozen"]?.bool)
        case "condition":
            try known(.object(members), ["card", "condition"])
            let card = try CardNumber(try #require(step["card"]?.text.flatMap { cards[$0] }))
            try sandbox.setCondition(card, try #require(step["condition"]?.text.flatMap(Card.Condition.init)))
        case "funds":
            try known(.object(members), ["currency", "available"])
            let currency = try Currency(code: step["currency"]?.text ?? "")
            try sandbox.setFunds(currency, available: try #require(step["available"]?.text))
        case let other:
            Issue.record("no step is called \(other ?? "nothing")")
        }
    }

    /// Compares what the sandbox and the journals hold with what the scenario says and what is always true.
    private func check(_ after: Json) async throws {
        try known(after, ["cards", "charges", "refunds", "available", "requests", "request_ids", "journal"])
        for (name, status) in after["cards"]?.members ?? [:] {
            let card = try CardNumber(try #require(cards[name]))
            #expect(try sandbox.card(card).status.name == status.text, "\(name)")
        }
        let movements = try sandbox.movements()
        #expect(movements.filter { $0.kind == .charge }.count == after["charges"]?.int)
        #expect(movements.filter { $0.kind == .refund }.count == after["refunds"]?.int)
        var charged: [CardNumber: Int] = [:]
        for movement in movements {
            charged[movement.cardNumber, default: 0] += movement.kind == .charge ? 1 : -1
            #expect([0, 1].contains(charged[movement.cardNumber]), "\(movement.cardNumber) \(movement.requestId)")
        }
        let funds = Dictionary(try sandbox.funds().map { ($0.currency.code, $0.available) }) { first, _ in first }
        for (currency, available) in after["available"]?.members ?? [:] {
            #expect(funds[currency] == available.text, "\(currency)")
        }
        let log = try sandbox.requests()
        if let requests = after["requests"] {
            let counts = Dictionary(grouping: log) { $0.operation ?? "none" }.mapValues { Json.int($0.count) }
            #expect(Json.object(counts) == requests)
        }
        if let different = after["request_ids"]?.int {
            #expect(Set(log.compactMap(\.requestId)).count == different)
        }
        for (name, sales) in after["journal"]?.members ?? [:] {
            var held: [String: Json] = [:]
            for try await row in try #require(clients[name]).transactions() {
                held[row.requestId] = .text(row.state.rawValue)
            }
            let wanted = Dictionary(uniqueKeysWithValues: sales.members.map { (ids[$0] ?? $0, $1) })
            #expect(held == wanted, "\(name)")
        }
    }
}
