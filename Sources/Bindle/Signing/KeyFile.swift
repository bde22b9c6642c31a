import Platform
import TOML

/// What keyrings and files of secret keys have in common: `version = "1.0"` and a list of `[[key]]`.
enum KeyFile {
    private static let version = "1.0"

    static func parse<Key>(
        _ text: [UInt8], as encoding: DocumentEncoding = .toml, fields: [String],
        _ read: (TableReader) throws(InvoiceProblem) -> Key
    ) throws(InvoiceError) -> [Key] {
        try encoding.read(text) { (table) throws(InvoiceProblem) in
            let root = try TableReader(table, position: SourcePosition(line: 1, column: 1), keys: ["version", "key"])
            let found = try root.requiredString("version")
            guard found == version else {
                throw root.problem("version", "unsupported version '\(found)': only \(version) is known")
            }
            return try root.list("key") { (value) throws(InvoiceProblem) in
                try read(TableReader(value, keys: fields))
            }
        }
    }

    static func table(_ keys: [TOMLTable]) -> TOMLTable {
        TOMLTable(["version": TOMLValue(version), "key": TOMLValue(keys)])
    }

    static func toml(_ keys: [TOMLTable]) -> String { table(keys).serialized() }
}

extension TableReader {
    /// Bytes that are written in base64.
    func base64(_ key: String, count: Int) throws(InvoiceProblem) -> [UInt8] {
        guard let bytes = Base64.decode(try requiredString(key)), bytes.count == count else {
            throw problem(key, "\(count) bytes in base64 are wanted here")
        }
        return bytes
    }

    /// The roles of a key.
    func roles() throws(InvoiceProblem) -> [Signature.Role] {
        try list("roles") { (value) throws(InvoiceProblem) in
            guard let role = value.string.flatMap({ Signature.Role(reading: $0) }) else {
                let known = Signature.Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvoiceProblem(at: [], "one of \(known) is wanted here", position: value.position)
            }
            return role
        }
    }
}
