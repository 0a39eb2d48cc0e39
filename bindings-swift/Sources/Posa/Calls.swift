internal import PosaFFI

/// Calls the core and throws its errors as ``PosaError``.
func checked<Value>(_ call: () throws -> Value) throws -> Value {
    do {
        return try call()
    } catch {
        throw translated(error)
    }
}

/// Waits for the core. Cancelling the task ends the waiting; the operation goes on. If it is about one sale, and was begun,
/// that is a ``PosaError/outcomeUnknown(_:)`` with the sale's id; otherwise nothing is at stake: a `CancellationError`.
func answered<Value: Sendable>(_ call: @Sendable (Wait) async throws -> Value) async throws -> Value {
    let wait = Wait()
    let outcome: Result<Value, any Error> = await withTaskCancellationHandler {
        do {
            return .success(try await call(wait))
        } catch {
            return .failure(error)
        }
    } onCancel: {
        wait.giveUp()
    }
    do {
        // Throws if the task was cancelled first: the core counts this outcome as unheard.
        try wait.heard()
        return try outcome.get()
    } catch {
        throw translated(error)
    }
}

private func translated(_ error: any Error) -> any Error {
    switch error {
    case Failure.Core(let error): PosaError(error)
    case Failure.Cancelled: CancellationError()
    case let error as PosaError: error
    default: PosaError.defect
    }
}

extension PosaError {
    /// The core panicked, or gave what it never should. Its own words may hold anything, and are not shown.
    static var defect: PosaError {
        let message = "posa failed inside; the journal tells how far the operation came"
        return .outcomeUnknown(Details(message: message, delivery: .unknown))
    }
}

extension Optional {
    func orDefect() throws -> Wrapped {
        guard let self else { throw PosaError.defect }
        return self
    }
}

extension Duration {
    /// Whole milliseconds; nothing negative.
    var milliseconds: UInt64 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let whole = UInt64(seconds).multipliedReportingOverflow(by: 1000)
        return whole.overflow ? .max : whole.partialValue &+ UInt64(attoseconds / 1_000_000_000_000_000)
    }
}
