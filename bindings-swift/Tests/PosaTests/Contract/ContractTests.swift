import Foundation
import Testing

/// Plays the repository's contract scenarios against the sandbox, over real HTTP on loopback.
@Suite struct ContractTests {
    static let scenarios: [Scenario] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: Repository.tests.path + "/contract")
        return (files ?? []).filter { $0.hasSuffix(".json") }.sorted().flatMap { name in
            ((try? Json.file("contract/\(name)"))?["scenarios"]?.list ?? []).map(Scenario.init)
        }
    }()

    @Test func thereAreScenarios() {
        #expect(Self.scenarios.count >= 86)
        #expect(Set(Self.scenarios.map(\.name)).count == Self.scenarios.count)
    }

    @Test(arguments: scenarios) func plays(_ scenario: Scenario) async throws {
        try await Stage(scenario.json).play()
    }
}

struct Scenario: Sendable, CustomTestStringConvertible {
    let json: Json

    var name: String { json["name"]?.text ?? "" }
    var testDescription: String { name }
}
