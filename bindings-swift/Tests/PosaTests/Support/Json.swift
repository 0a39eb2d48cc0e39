import Foundation

/// A JSON value, as scenarios and vectors hold them.
enum Json: Hashable, Sendable, Decodable {
    case null
    case bool(Bool)
    case int(Int)
    case text(String)
    case list([Json])
    case object([String: Json])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([Json].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: Json].self))
        }
    }

    init(_ text: String?) {
        self = text.map(Json.text) ?? .null
    }

    /// A member that is there and not null.
    subscript(name: String) -> Json? {
        guard case .object(let members) = self, let value = members[name], value != .null else { return nil }
        return value
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var int: Int? {
        guard case .int(let int) = self else { return nil }
        return int
    }

    var bool: Bool? {
        guard case .bool(let bool) = self else { return nil }
        return bool
    }

    var list: [Json] {
        guard case .list(let list) = self else { return [] }
        return list
    }

    var members: [String: Json] {
        guard case .object(let members) = self else { return [:] }
        return members
    }

    /// As text for the sandbox's control API.
    var written: String {
        switch self {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .int(let int): "\(int)"
        case .text(let text): "\"\(text)\""
        case .list(let list): "[\(list.map(\.written).joined(separator: ","))]"
        case .object(let members): "{\(members.map { "\"\($0)\":\($1.written)" }.joined(separator: ","))}"
        }
    }

    /// A file of the repository's `tests` directory.
    static func file(_ name: String) throws -> Json {
        try JSONDecoder().decode(Json.self, from: Data(contentsOf: Repository.tests.appendingPathComponent(name)))
    }
}

enum Repository {
    /// The repository's `tests` directory.
    static let tests = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../../tests").standardized
}
