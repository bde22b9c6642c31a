import TOML

extension Invoice {
    /// Reads an invoice from TOML or JSON.
    /// - Parameter validating: Whether its content has to make sense as well: see ``validate()``.
    /// - Throws: `InvoiceError` with the place of what is wrong. Unknown keys are.
    package init(_ bytes: [UInt8], as encoding: DocumentEncoding, validating: Bool = true) throws(InvoiceError) {
        let table: TOMLTable
        do { table = try encoding.decode(bytes) } catch { throw InvoiceError(error) }
        do {
            try self.init(table)
            if validating { try validate() }
        } catch {
            throw InvoiceError(error, position: error.position ?? table.position(of: error.path), text: bytes)
        }
    }

    /// Reads an invoice from TOML text.
    package init(toml text: String, validating: Bool = true) throws(InvoiceError) {
        try self.init(Array(text.utf8), as: .toml, validating: validating)
    }

    /// Takes an invoice from the table that it is written as. Its content is not validated.
    package init(_ table: TOMLTable) throws(InvoiceProblem) {
        let root = try TableReader(
            table, at: [], position: SourcePosition(line: 1, column: 1),
            keys: [
                "bindleVersion", "yanked", "yankedSignature", "bindle", "annotations", "parcel", "group", "signature",
            ])
        let bindleVersion = try root.requiredString("bindleVersion")
        let description = try Description(root.required("bindle", table["bindle"]), at: root.path("bindle"))
        self.init(
            bindle: description,
            annotations: try root.stringDictionary("annotations"),
            parcels: try root.list("parcel", Parcel.init),
            groups: try root.list("group", Group.init),
            signatures: try root.list("signature", Signature.init))
        self.bindleVersion = bindleVersion
        isYanked = try root.boolean("yanked") ?? false
        yankedSignatures = try root.list("yankedSignature", Signature.init)
    }
}

extension Invoice.Description {
    init(_ value: TOMLValue, at path: InvoicePath) throws(InvoiceProblem) {
        let fields = try TableReader(value, at: path, keys: ["name", "version", "description", "authors"])
        let name = try fields.requiredString("name")
        let versionText = try fields.requiredString("version")
        guard BindleID.isName(name) else {
            throw InvoiceProblem(
                at: fields.path("name"),
                "'\(name)' is not a bindle's name: letters, digits, '_', '-', '.' and '/' are allowed",
                position: fields.table["name"]?.position)
        }
        do {
            id = try BindleID("\(name)/\(versionText)")
        } catch {
            throw InvoiceProblem(
                at: fields.path("version"), "Version \(versionText) is not a valid semantic version (e.g. 1.2.3)",
                position: fields.table["version"]?.position)
        }
        description = try fields.string("description")
        authors = try fields.strings("authors")
    }
}

extension Parcel {
    init(_ value: TOMLValue, at path: InvoicePath) throws(InvoiceProblem) {
        let fields = try TableReader(value, at: path, keys: ["label", "conditions"])
        label = try Label(fields.required("label", fields.table["label"]), at: fields.path("label"))
        if let value = fields.table["conditions"] {
            conditions = try Conditions(value, at: fields.path("conditions"))
        }
    }
}

extension Label {
    init(_ value: TOMLValue, at path: InvoicePath) throws(InvoiceProblem) {
        let fields = try TableReader(
            value, at: path, keys: ["sha256", "mediaType", "name", "size", "annotations", "feature", "origin"])
        sha256 = try fields.requiredString("sha256")
        mediaType = try fields.requiredString("mediaType")
        name = try fields.requiredString("name")
        size = try fields.requiredCount("size")
        annotations = try fields.stringDictionary("annotations")
        feature = try fields.nestedStringDictionary("feature")
        origin = try fields.string("origin")
    }
}

extension Conditions {
    init(_ value: TOMLValue, at path: InvoicePath) throws(InvoiceProblem) {
        let fields = try TableReader(value, at: path, keys: ["memberOf", "requires"])
        memberOf = try fields.strings("memberOf")
        requires = try fields.strings("requires")
    }
}

extension Group {
    init(_ value: TOMLValue, at path: InvoicePath) throws(InvoiceProblem) {
        let fields = try TableReader(value, at: path, keys: ["name", "required", "satisfiedBy"])
        name = try fields.requiredString("name")
        isRequired = try fields.boolean("required") ?? false
        satisfiedBy = try fields.choice("satisfiedBy", of: Satisfaction.self)
    }
}

extension Signature {
    init(_ value: TOMLValue, at path: InvoicePath) throws(InvoiceProblem) {
        let fields = try TableReader(value, at: path, keys: ["by", "signature", "key", "role", "at"])
        by = try fields.requiredString("by")
        signature = try fields.requiredString("signature")
        key = try fields.requiredString("key")
        role = try fields.required("role", fields.choice("role", of: Role.self))
        at = try fields.requiredCount("at")
    }
}

extension TOMLTable {
    /// Where the value at `path` stands, or else the nearest table or array around it.
    func position(of path: InvoicePath) -> SourcePosition? {
        var value = TOMLValue(.table(self), position: SourcePosition(line: 1, column: 1))
        for element in path {
            let inner: TOMLValue?
            switch element {
            case .key(let key): inner = value.table?[key]
            case .index(let index): inner = value.array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            }
            guard let inner else { break }
            value = TOMLValue(inner.kind, position: inner.position ?? value.position)
        }
        return value.position
    }
}
