internal import Foundation
internal import PosaFFI

/// Something that happened to an operation. It holds no secret and of a card the last four digits.
public struct Event: Hashable, Sendable {
    /// What happened.
    public enum Kind: Hashable, Sendable {
        /// The journal's file did not exist, and this sale made it: no earlier sale is in it.
        case journalCreated(path: String)
        /// A request is about to be sent.
        case sending
        /// The same request goes again after a pause.
        case retrying(after: Duration, because: String)
        /// This device's clock is wrong by so many seconds: the gateway's time less the device's.
        case skewCorrected(seconds: Int)
        /// The gateway refused the key, and there is another one.
        case keyRenewed
        /// Something that has worked so far and is not sure to, and what is sure: no reason to stop a sale.
        case warning(String)
        /// The gateway's answer contradicts the request. Somebody should look.
        case alarm(String)
        /// The sales of a batch wait from here on: this one did not get through, for no fault of its own.
        case batchPaused(because: String)
        /// This sale of a batch got through, and the others go on.
        case batchResumed
        /// It is over. The outcome is `done`, or the ``PosaError/kind`` of the error.
        case settled(outcome: String)
        /// Something that this version has no name for.
        case other
    }

    /// The operation.
    public let operation: Client.Operation
    /// The id of the sale.
    public let requestId: String
    /// The card, masked: `...7585`.
    public let card: String
    /// The number of the request, from 1; 0 before the first.
    public let attempt: Int
    /// What happened.
    public let kind: Kind

    init?(_ told: Told) {
        guard let operation = Client.Operation(rawValue: told.operation) else { return nil }
        self.operation = operation
        requestId = told.requestId
        card = told.card
        attempt = Int(told.attempt)
        kind =
            switch told.what {
            case .journalCreated(let path): .journalCreated(path: path)
            case .sending: .sending
            case .retrying(let afterMs, let because): .retrying(after: .milliseconds(afterMs), because: because)
            case .skewCorrected(let seconds): .skewCorrected(seconds: Int(seconds))
            case .keyRenewed: .keyRenewed
            case .warning(let what): .warning(what)
            case .alarm(let what): .alarm(what)
            case .batchPaused(let because): .batchPaused(because: because)
            case .batchResumed: .batchResumed
            case .settled(let outcome): .settled(outcome: outcome)
            case .other: .other
            }
    }
}

/// Hands each event to everybody who listens.
final class Listeners: EventSink, @unchecked Sendable {
    private let lock = NSLock()
    private var streams: [UUID: AsyncStream<Event>.Continuation] = [:]
    private var isFinished = false

    func listen() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(10_000))
        let name = UUID()
        continuation.onTermination = { [weak self] _ in self?.forget(name) }
        let isOver = lock.withLock {
            streams[name] = continuation
            return isFinished
        }
        if isOver { continuation.finish() }
        return stream
    }

    func tell(event: Told) {
        guard let event = Event(event) else { return }
        for continuation in lock.withLock({ Array(streams.values) }) {
            continuation.yield(event)
        }
    }

    func finish() {
        let last = lock.withLock {
            isFinished = true
            return Array(streams.values)
        }
        last.forEach { $0.finish() }
    }

    private func forget(_ name: UUID) {
        lock.withLock { _ = streams.removeValue(forKey: name) }
    }
}
