public import Foundation
internal import PosaFFI

/// Where sales are recorded: written before their first byte leaves, settled before the caller hears.
public struct Journal: Hashable, Sendable {
    let name: String
    private let shown: String

    private init(name: String, shown: String? = nil) {
        self.name = name
        self.shown = shown ?? name
    }

    /// A SQLite file, shared by the processes of one machine; made if it is not there.
    ///
    /// The directory must be there. On iOS, give it the protection `completeUntilFirstUserAuthentication`: with
    /// `complete`, a sale under way while the screen locks could not be recorded.
    public static func file(_ url: URL) -> Self {
        guard url.isFileURL else { return Self(name: url.absoluteString, shown: "\(url.scheme ?? ""):...") }
        return Self(name: url.path, shown: withoutUser(url.path))
    }

    /// As long as the process lives.
    public static let memory = Self(name: "memory")

    /// No record: the app gives each sale's request id itself, and repeats it after an unknown outcome.
    public static let none = Self(name: "none")

    /// A SQLite file in a directory of its own in the app's container, made here with the right file protection and
    /// left out of backups: sales of one till must not come back to life on another.
    ///
    /// - Parameter name: Of the directory in Application Support.
    /// - Returns: The journal `posa.db` in that directory.
    /// - Throws: The directory cannot be made.
    public static func applicationSupport(_ name: String = "posa") throws -> Self {
        let support = try FileManager.default.url(
            for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
        var directory = support.appendingPathComponent(name, isDirectory: true)
        #if os(iOS)
            let protection = [FileAttributeKey.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication]
        #else
            let protection: [FileAttributeKey: Any] = [:]
        #endif
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: protection)
        #if canImport(Darwin)
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            try directory.setResourceValues(values)
        #endif
        directory.appendPathComponent("posa.db")
        return .file(directory)
    }
}

// A database's URL may hold a password.
extension Journal: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The file's path, or the kind of journal; never a password.
    public var description: String { "Journal(\(shown))" }

    /// The file's path, or the kind of journal; never a password.
    public var debugDescription: String { description }

    /// The file's path, or the kind of journal, for `dump` and debuggers; never a password.
    public var customMirror: Mirror { Mirror(self, children: ["kept": shown]) }
}

/// An address without what stands before an `@`, which may be a password.
private func withoutUser(_ address: String) -> String {
    guard let at = address.lastIndex(of: "@") else { return address }
    return "...\(address[at...])"
}

extension Client {
    /// What a client is set up with.
    public struct Settings: Sendable {
        /// The format of request bodies.
        public enum Format: String, Sendable {
            /// The default.
            case json
            /// As older integrations use it.
            case xml
        }

        enum Key: Sendable {
            case signer(any RequestSigner)
            case credentials(StaticCredentials)
        }

        /// The partner's id: five characters, as the account manager wrote it.
        public var partnerId: String
        /// Four characters, such as `S042`, that follow the partner's id in each request id: those of the shop, which the
        /// server that signs for its tills asks for. A request id of the app's own has to have them.
        public var idTag: String?
        /// Chooses the gateway, and checks currency and amounts against the country's limits.
        public var marketplace: Marketplace?
        /// Whether money is real; the sandbox by default. With a key of the Incentives portal it has to be said.
        public var environment: Environment?
        /// A gateway at an address of its own, such as posa's sandbox.
        public var endpoint: String?
        /// The region to sign for; the marketplace's by default.
        public var region: String?
        /// Where sales are recorded.
        public var journal: Journal
        /// The format of request bodies.
        public var format = Format.json
        /// For one request; 6 s, as the vendor advises.
        public var attemptTimeout = Duration.seconds(6)
        /// For connecting; 3 s. It is part of the attempt's time.
        public var connectTimeout = Duration.seconds(3)
        /// For one operation, all its attempts and pauses included; 30 s.
        public var deadline = Duration.seconds(30)
        /// Most requests of one operation; 8.
        public var attempts = 8
        /// The longest first pause between attempts, doubled with each; 0.2 s.
        public var retryBase = Duration.milliseconds(200)
        /// The longest pause; 10 s.
        public var retryCap = Duration.seconds(10)
        /// Requests a second; 10, which is the account's limit. `nil` turns the limit off.
        public var rateLimit: Int? = 10
        /// Of the account's requests a second takes so many at the most, and leaves the others to whoever shares it, as a
        /// nightly job does beside tills that sell; `nil` takes what there is.
        public var rateShare: Int?
        /// A proxy's URL.
        public var proxy: String?
        /// Certificate authorities to trust beside the platform's, in PEM.
        public var extraCertificates = Data()
        /// An outcome counts as told only once it is ``Client/acknowledge(_:)``d: for an app that has done its part, such as
        /// to print the receipt, only some time after a call returned. Otherwise one that returned to a task that waited
        /// is told.
        public var acknowledged = false

        let key: Key

        /// For an app: somebody else signs.
        public init(
            partnerId: String, marketplace: Marketplace? = nil, environment: Environment? = nil,
            endpoint: String? = nil, region: String? = nil, signer: any RequestSigner, journal: Journal
        ) {
            self.init(partnerId, marketplace, environment, endpoint, region, .signer(signer), journal)
        }

        /// For tests, and for machines that only their owner can open: see ``StaticCredentials``.
        public init(
            partnerId: String, marketplace: Marketplace? = nil, environment: Environment? = nil,
            endpoint: String? = nil, region: String? = nil, credentials: StaticCredentials, journal: Journal
        ) {
            self.init(partnerId, marketplace, environment, endpoint, region, .credentials(credentials), journal)
        }

        private init(
            _ partnerId: String, _ marketplace: Marketplace?, _ environment: Environment?, _ endpoint: String?,
            _ region: String?, _ key: Key, _ journal: Journal
        ) {
            self.partnerId = partnerId
            self.marketplace = marketplace
            self.environment = environment
            self.endpoint = endpoint
            self.region = region
            self.key = key
            self.journal = journal
        }

        var signer: (any RemoteSigner)? {
            guard case .signer(let signer) = key else { return nil }
            return SignerBridge(signer)
        }

        var native: PosaFFI.Settings {
            var pair: KeyPair?
            if case .credentials(let keys) = key {
                pair = KeyPair(accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey)
            }
            return PosaFFI.Settings(
                partnerId: partnerId, idTag: idTag, key: pair, marketplace: marketplace?.code,
                environment: environment?.rawValue, endpoint: endpoint, region: region, journal: journal.name,
                format: format.rawValue, attemptTimeout: attemptTimeout.milliseconds,
                connectTimeout: connectTimeout.milliseconds,
                deadline: deadline.milliseconds, attempts: UInt32(clamping: attempts),
                retryBase: retryBase.milliseconds, retryCap: retryCap.milliseconds,
                rateLimit: rateLimit.map { UInt32(clamping: $0) },
                rateShare: rateShare.map { UInt32(clamping: $0) }, proxy: proxy, extraCa: extraCertificates,
                acknowledged: acknowledged)
        }
    }

    /// What one call has otherwise than the client; `nil` leaves the client's.
    public struct Options: Hashable, Sendable {
        /// For all attempts and pauses of the call.
        public var deadline: Duration?
        /// For one request.
        public var attemptTimeout: Duration?
        /// Most requests of the call.
        public var attempts: Int?

        /// The client's own, but for what is given.
        public init(deadline: Duration? = nil, attemptTimeout: Duration? = nil, attempts: Int? = nil) {
            self.deadline = deadline
            self.attemptTimeout = attemptTimeout
            self.attempts = attempts
        }

        var native: Own? {
            guard self != Self() else { return nil }
            return Own(
                deadline: deadline?.milliseconds, attemptTimeout: attemptTimeout?.milliseconds,
                attempts: attempts.map { UInt32(clamping: $0) })
        }
    }
}

// A signer, a proxy's URL and a journal's may hold a token or a password.
extension Client.Settings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Partner and gateway; never the key, the signer or the proxy.
    public var description: String {
        let names = [marketplace?.code, environment?.rawValue].compactMap(\.self).joined(separator: " ")
        let gateway = endpoint.map(withoutUser) ?? names
        return "Client.Settings(partnerId: \(partnerId), gateway: \(gateway))"
    }

    /// Partner and gateway; never the key, the signer or the proxy.
    public var debugDescription: String { description }

    /// Partner and gateway, for `dump` and debuggers; never the key, the signer or the proxy.
    public var customMirror: Mirror {
        let shown: KeyValuePairs<String, Any> = [
            "partnerId": partnerId, "marketplace": marketplace?.code ?? "", "environment": environment?.rawValue ?? "",
            "endpoint": endpoint.map(withoutUser) ?? "", "region": region ?? "",
        ]
        return Mirror(self, children: shown)
    }
}
