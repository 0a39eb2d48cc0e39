import Posa
import SwiftUI
import TillCore

/// A gift card till: scan, activate, receipt; what an earlier run left open is settled when it starts.
@main
struct TillApp: App {
    @StateObject private var screen = Screen()
    @Environment(\.scenePhase) private var phase

    var body: some Scene {
        WindowGroup {
            TillView(screen: screen)
        }
        .onChange(of: phase) { phase in
            if phase == .active { screen.start() }
        }
    }
}

/// What SwiftUI watches.
@MainActor
final class Screen: ObservableObject {
    @Published private(set) var state = Till.State.starting
    private var till: Till?

    /// Opens the client once, and settles what is open.
    func start() {
        Task {
            do {
                if till == nil { till = try await open() }
                if isIdle { await till?.start() }
            } catch {
                state = .refused(error.localizedDescription)
            }
        }
    }

    func scan(_ payload: String) { till?.scan(payload) }
    func sell(for amount: String) { Task { await till?.sell(for: amount) } }
    func askAgain() { Task { await till?.askAgain() } }
    func acknowledge(_ sale: Posa.Transaction) { Task { await till?.acknowledge(sale) } }
    func giveUp() { Task { await till?.giveUp() } }
    func next() { till?.next() }

    private var isIdle: Bool {
        switch state {
        case .starting, .ready, .untold: true
        default: false
        }
    }

    /// The store's address, token and tag come from the device's management, as managed app configuration.
    private func open() async throws -> Till {
        let managed = UserDefaults.standard.dictionary(forKey: "com.apple.configuration.managed") ?? [:]
        guard let address = (managed["signer"] as? String).flatMap(URL.init(string:)),
            let token = managed["token"] as? String, let partnerId = managed["partnerId"] as? String,
            let idTag = managed["idTag"] as? String
        else { throw NotSetUp() }
        var settings = Client.Settings(
            partnerId: partnerId, marketplace: .us, environment: .sandbox,
            signer: StoreSigner(address: address, token: token), journal: try .applicationSupport())
        settings.idTag = idTag
        let client = try await Client.open(settings)
        return Till(client: client, currency: .usd) { [weak self] state in self?.state = state }
    }
}

/// The device's management has not said which server signs.
private struct NotSetUp: LocalizedError {
    var errorDescription: String? { "This till is not set up. Call the manager." }
}
