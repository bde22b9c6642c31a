import TOML

/// What keyrings and files of secret keys have in common: `version = "1.0"` and a list of `[[key]]`.
enum KeyFile {
    private static let version = "1.0"

    static func parse<Key>(
        _ text: [UInt8], as encoding: DocumentEncoding = .toml, fields: [String],
        _ read: (TableReader) throws(InvoiceProblem) -> Key
    ) throws(InvoiceError) -> [Key] {
        let table: TOMLTable
        do { table = try encoding.decode(text) } catch { throw InvoiceError(error) }
        do throws(InvoiceProblem) {
            let root = try TableReader(
                table, at: [], position: SourcePosition(line: 1, column: 1), keys: ["version", "key"])
            let found = try root.requiredString("version")
            guard found == version else {
                throw InvoiceProblem(
                    at: ["version"], "unsupported version '\(found)': only \(version) is known",
                    position: table["version"]?.position)
            }
            return try root.list("key") { (value, path) throws(InvoiceProblem) in
                try read(TableReader(value, at: path, keys: fields))
            }
        } catch {
            throw InvoiceError(error, position: error.position, text: text)
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
            throw InvoiceProblem(
                at: path(key), "\(count) bytes in base64 are wanted here", position: table[key]?.position)
        }
        return bytes
    }

    /// The roles of a key.
    func roles() throws(InvoiceProblem) -> [Signature.Role] {
        try list("roles") { (value, path) throws(InvoiceProblem) in
            guard let role = value.string.flatMap(Signature.Role.init(rawValue:)) else {
                let known = Signature.Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvoiceProblem(at: path, "one of \(known) is wanted here", position: value.position)
            }
            return role
        }
    }
}
