package import TOML

extension Invoice {
    /// Reads an invoice from TOML or JSON.
    /// - Parameter validating: Whether its content has to make sense as well: see ``validate()``.
    /// - Throws: `InvoiceError` with the place of what is wrong. Unknown keys are.
    package init(_ bytes: [UInt8], as encoding: DocumentEncoding, validating: Bool = true) throws(InvoiceError) {
        self = try encoding.read(bytes) { (table) throws(InvoiceProblem) in
            let invoice = try Invoice(table)
            if validating { try invoice.validate() }
            return invoice
        }
    }

    /// Reads an invoice from TOML text.
    package init(toml text: String, validating: Bool = true) throws(InvoiceError) {
        try self.init(Array(text.utf8), as: .toml, validating: validating)
    }

    /// Takes an invoice from the table that it is written as. Its content is not validated.
    package init(_ table: TOMLTable) throws(InvoiceProblem) {
        let root = try TableReader(table, position: SourcePosition(line: 1, column: 1), keys: Self.keys)
        let bindleVersion = try root.requiredString("bindleVersion")
        self.init(
            bindle: try root.required("bindle", Description.init),
            annotations: try root.stringDictionary("annotations"),
            parcels: try root.list("parcel", Parcel.init),
            groups: try root.list("group", Group.init),
            signatures: try root.list("signature", Signature.init))
        self.bindleVersion = bindleVersion
        isYanked = try root.boolean("yanked") ?? false
        yankedSignatures = try root.list("yankedSignature", Signature.init)
    }

    private static let keys = [
        "bindleVersion", "yanked", "yankedSignature", "bindle", "annotations", "parcel", "group", "signature",
    ]
}

extension Invoice.Description {
    private static let keys = ["name", "version", "description", "authors"]

    init(_ value: TOMLValue) throws(InvoiceProblem) {
        let fields = try TableReader(value, keys: Self.keys)
        let name = try fields.requiredString("name")
        let versionText = try fields.requiredString("version")
        guard BindleID.isName(name) else {
            throw fields.problem(
                "name", "'\(name)' is not a bindle's name: it is empty, or has an '@' or a character that is not shown")
        }
        // Not read as one text, in which a name that begins with `bindle:` would be a URI.
        guard let version = SemanticVersion(versionText), let id = try? BindleID(name: name, version: version) else {
            throw fields.problem("version", "Version \(versionText) is not a valid semantic version (e.g. 1.2.3)")
        }
        self.id = id
        description = try fields.string("description")
        authors = try fields.strings("authors")
    }
}

extension Parcel {
    private static let keys = ["label", "conditions"]

    init(_ value: TOMLValue) throws(InvoiceProblem) {
        let fields = try TableReader(value, keys: Self.keys)
        label = try fields.required("label", Label.init)
        conditions = try fields.optional("conditions", Conditions.init)
    }
}

extension Label {
    private static let keys = ["sha256", "mediaType", "name", "size", "annotations", "feature", "origin"]

    init(_ value: TOMLValue) throws(InvoiceProblem) {
        let fields = try TableReader(value, keys: Self.keys)
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
    private static let keys = ["memberOf", "requires"]

    init(_ value: TOMLValue) throws(InvoiceProblem) {
        let fields = try TableReader(value, keys: Self.keys)
        memberOf = try fields.strings("memberOf")
        requires = try fields.strings("requires")
    }
}

extension Group {
    private static let keys = ["name", "required", "satisfiedBy"]

    init(_ value: TOMLValue) throws(InvoiceProblem) {
        let fields = try TableReader(value, keys: Self.keys)
        name = try fields.requiredString("name")
        isRequired = try fields.boolean("required") ?? false
        satisfiedBy = try fields.string("satisfiedBy").map { Satisfaction($0) }
    }
}

extension Signature {
    private static let keys = ["by", "signature", "key", "role", "at"]

    init(_ value: TOMLValue) throws(InvoiceProblem) {
        let fields = try TableReader(value, keys: Self.keys)
        by = try fields.requiredString("by")
        signature = try fields.requiredString("signature")
        key = try fields.requiredString("key")
        let roleText = try fields.requiredString("role")
        guard let role = Role(reading: roleText) else {
            let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw fields.problem("role", "'\(roleText)' is not one of \(known)")
        }
        self.role = role
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
