package import HTTP
import JSON
package import TOML

/// The two ways in which invoices and the answers of a Bindle server are written. Both hold the same tables.
package enum DocumentEncoding: String, Hashable, Sendable, CaseIterable {
    case toml, json

    package var mediaType: String {
        switch self {
        case .toml: "application/toml"
        case .json: "application/json"
        }
    }

    /// The encoding that a media type names, with or without parameters: any whose subtype is `toml` or `json`.
    package init?(mediaType: some StringProtocol) {
        let essence = mediaType.prefix { $0 != ";" }
        guard let slash = essence.firstIndex(of: "/") else { return nil }
        let subtype = essence[essence.index(after: slash)...].lowercased().filter { !$0.isWhitespace }
        guard let encoding = Self.allCases.first(where: { $0.rawValue == subtype }) else { return nil }
        self = encoding
    }

    /// The encoding that a request asks for by its `Accept` field: that of the first media range that is one of the
    /// two, or covers TOML, which is also what one gets who does not say.
    package init(accepting headers: Headers) {
        let ranges = headers.all("Accept").flatMap { $0.split(separator: ",") }
        for range in ranges where !Self.isRefusal(range) {
            if let encoding = Self(mediaType: range) {
                self = encoding
                return
            }
            let essence = range.prefix { $0 != ";" }.filter { !$0.isWhitespace }
            if essence == "*/*" || essence == "application/*" { break }
        }
        self = .toml
    }

    /// Whether a media range has the quality 0: not this one.
    private static func isRefusal(_ range: Substring) -> Bool {
        range.split(separator: ";").dropFirst().contains { parameter in
            let parts = parameter.split(separator: "=").map { $0.filter { !$0.isWhitespace }.lowercased() }
            return parts.count == 2 && parts[0] == "q" && Double(parts[1]) == 0
        }
    }

    package func encode(_ table: TOMLTable) -> [UInt8] {
        switch self {
        case .toml:
            return Array(table.serialized().utf8)
        case .json:
            var writer = JSONWriter()
            writer.write(table)
            return writer.bytes
        }
    }

    /// Reads a document.
    /// - Parameter withPositions: Whether the values of a JSON document carry their places in the text, too; those of TOML
    ///   always do. Only messages about a wrong value need them, and most documents are right.
    package func decode(_ bytes: [UInt8], withPositions: Bool = false) throws(TOMLError) -> TOMLTable {
        switch self {
        case .toml: try TOMLTable(parsing: bytes)
        case .json: try JSONDocument.read(bytes, withPositions: withPositions)
        }
    }

    /// Reads a document and takes what `body` makes of its table.
    ///
    /// A problem without a place is looked for in the text by reading once more with the places of all values: what is
    /// right, which is nearly all there is, pays nothing for them.
    func read<Value>(
        _ bytes: [UInt8], _ body: (TOMLTable) throws(InvoiceProblem) -> Value
    ) throws(InvoiceError) -> Value {
        var table: TOMLTable
        do { table = try decode(bytes) } catch { throw InvoiceError(error) }
        var problem: InvoiceProblem
        do { return try body(table) } catch { problem = error }
        if self == .json, let placed = try? decode(bytes, withPositions: true) {
            table = placed
            do { _ = try body(placed) } catch { problem = error }
        }
        throw InvoiceError(problem, position: problem.position ?? table.position(of: problem.path), text: bytes)
    }
}
