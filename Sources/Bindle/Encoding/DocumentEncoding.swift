import TOML

/// The two ways in which invoices and the answers of a Bindle server are written. Both hold the same tables.
public enum DocumentEncoding: String, Hashable, Sendable, CaseIterable {
    case toml, json

    public var mediaType: String {
        switch self {
        case .toml: "application/toml"
        case .json: "application/json"
        }
    }

    /// The encoding that a media type names, with or without parameters: any whose subtype is `toml` or `json`.
    public init?(mediaType: some StringProtocol) {
        let essence = mediaType.prefix { $0 != ";" }
        guard let slash = essence.firstIndex(of: "/") else { return nil }
        let subtype = essence[essence.index(after: slash)...].lowercased().filter { !$0.isWhitespace }
        guard let encoding = Self.allCases.first(where: { $0.rawValue == subtype }) else { return nil }
        self = encoding
    }

    public func encode(_ table: TOMLTable) -> [UInt8] {
        switch self {
        case .toml: Array(table.serialized().utf8)
        case .json: JSONWriter.write(table)
        }
    }

    /// Reads a document. Values carry their places in the text.
    public func decode(_ bytes: [UInt8]) throws(TOMLError) -> TOMLTable {
        switch self {
        case .toml: try TOMLTable(parsing: bytes)
        case .json: try JSONReader.read(bytes)
        }
    }
}
