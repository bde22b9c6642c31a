package import TOML

extension Invoice {
    /// The invoice written as `encoding`.
    package func encoded(as encoding: DocumentEncoding) -> [UInt8] { encoding.encode(table) }

    /// The invoice as TOML text.
    package var toml: String { table.serialized() }

    /// The invoice as the table that documents hold. What is empty is left out.
    package var table: TOMLTable {
        var table = TOMLTable()
        table["bindleVersion"] = TOMLValue(bindleVersion)
        if isYanked { table["yanked"] = true }
        table.set("yankedSignature", yankedSignatures.map(\.table))
        var description = TOMLTable()
        description["name"] = TOMLValue(bindle.id.name)
        description["version"] = TOMLValue(bindle.id.version.description)
        description["description"] = bindle.description.map { TOMLValue($0) }
        description.set("authors", bindle.authors)
        table["bindle"] = TOMLValue(description)
        table.set("annotations", annotations)
        table.set("parcel", parcels.map(\.table))
        table.set("group", groups.map(\.table))
        table.set("signature", signatures.map(\.table))
        return table
    }
}

extension Parcel {
    var table: TOMLTable {
        var table = TOMLTable()
        table["label"] = TOMLValue(label.table)
        if let conditions {
            var inner = TOMLTable()
            inner.set("memberOf", conditions.memberOf)
            inner.set("requires", conditions.requires)
            table["conditions"] = TOMLValue(inner)
        }
        return table
    }
}

extension Label {
    /// The label by itself, as TOML.
    package var toml: String { table.serialized() }

    /// The label as the table that documents hold.
    package var table: TOMLTable {
        var table = TOMLTable()
        table["sha256"] = TOMLValue(sha256)
        table["mediaType"] = TOMLValue(mediaType)
        table["name"] = TOMLValue(name)
        table["size"] = TOMLValue(size)
        table["origin"] = origin.map { TOMLValue($0) }
        table.set("annotations", annotations)
        if !feature.isEmpty {
            var features = TOMLTable()
            for (name, settings) in feature.sorted(by: { $0.key < $1.key }) {
                features[name] = TOMLValue(TOMLTable(settings))
            }
            table["feature"] = TOMLValue(features)
        }
        return table
    }
}

extension Group {
    var table: TOMLTable {
        var table = TOMLTable()
        table["name"] = TOMLValue(name)
        if isRequired { table["required"] = true }
        table["satisfiedBy"] = satisfiedBy.map { TOMLValue($0.text) }
        return table
    }
}

extension Signature {
    var table: TOMLTable {
        var table = TOMLTable()
        table["by"] = TOMLValue(by)
        table["signature"] = TOMLValue(signature)
        table["key"] = TOMLValue(key)
        table["role"] = TOMLValue(role.rawValue)
        table["at"] = TOMLValue(at)
        return table
    }
}

extension TOMLTable {
    /// A table of strings, sorted by key so that the same content is always the same text.
    init(_ strings: [String: String]) {
        self.init()
        for (key, value) in strings.sorted(by: { $0.key < $1.key }) { self[key] = TOMLValue(value) }
    }

    /// A table of these entries in their order.
    init(_ entries: KeyValuePairs<String, TOMLValue>) {
        self.init()
        for (key, value) in entries { self[key] = value }
    }

    mutating func set(_ key: String, _ strings: [String: String]) {
        if !strings.isEmpty { self[key] = TOMLValue(TOMLTable(strings)) }
    }

    mutating func set(_ key: String, _ strings: [String]) {
        if !strings.isEmpty { self[key] = TOMLValue(strings) }
    }

    mutating func set(_ key: String, _ tables: [TOMLTable]) {
        if !tables.isEmpty { self[key] = TOMLValue(tables) }
    }
}
