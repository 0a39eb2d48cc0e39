import Posa
import Testing

/// The error that a call ends in.
func thrownAtOnce<Value>(
    _ call: () throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
) throws -> PosaError {
    let error: PosaError? =
        switch Result(catching: call) {
        case .success: nil
        case .failure(let error): error as? PosaError
        }
    return try #require(error, "it ended in no PosaError", sourceLocation: sourceLocation)
}

/// What a cancelled task is told of its sale.
func cancelled<Value>(
    sourceLocation: SourceLocation = #_sourceLocation, _ call: () async throws -> Value
) async throws -> PosaError.Details {
    let error = try await thrown(sourceLocation: sourceLocation, call)
    #expect(error.kind == "OUTCOME_UNKNOWN", sourceLocation: sourceLocation)
    #expect((error.details.isCancelled, error.details.delivery) == (true, .unknown), sourceLocation: sourceLocation)
    #expect(error.details.requestId != nil, sourceLocation: sourceLocation)
    #expect(error.details.message.contains("may or may not have changed"), sourceLocation: sourceLocation)
    return error.details
}

/// The error that a call ends in.
func thrown<Value>(
    sourceLocation: SourceLocation = #_sourceLocation, _ call: () async throws -> Value
) async throws -> PosaError {
    var error: PosaError?
    do {
        _ = try await call()
    } catch let caught as PosaError {
        error = caught
    }
    return try #require(error, "it ended in no PosaError", sourceLocation: sourceLocation)
}
