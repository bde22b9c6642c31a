/// The name section, which keeps the text's identifiers for back traces and debuggers.
extension ModuleAssembler {
    private enum Subsection: UInt8 {
        case module, function, local, label, type, table, memory, global, elementSegment, dataSegment, field, tag
    }

    /// The names of the locals and labels of a function whose body has just been encoded.
    mutating func collectNames(of function: UInt32) {
        append(locals.names, of: function, to: \.localNames)
        append(labels.names, of: function, to: \.labelNames)
    }

    private mutating func append(
        _ names: [(index: UInt32, name: BoundName)], of function: UInt32,
        to section: WritableKeyPath<ModuleAssembler, VectorSection>
    ) {
        guard !names.isEmpty else { return }
        let map = nameMap(names)
        self[keyPath: section].count += 1
        self[keyPath: section].entries.appendUnsigned(function)
        self[keyPath: section].entries.append(contentsOf: map)
    }

    private func bytes(of name: BoundName) -> ArraySlice<UInt8> {
        switch name {
        case .symbol(let symbol): reader.source.symbols.name(of: symbol)
        case .annotated(let name): name[...]
        }
    }

    private func nameMap(_ names: [(index: UInt32, name: BoundName)]) -> [UInt8] {
        var map: [UInt8] = []
        map.appendUnsigned(names.count)
        for (index, name) in names {
            map.appendUnsigned(index)
            map.appendSized(bytes(of: name))
        }
        return map
    }

    /// The content of the section, empty if nothing has a name.
    func nameSectionContent() -> [UInt8] {
        var content: [UInt8] = []
        func append(_ subsection: Subsection, _ bytes: [UInt8]) {
            content.append(subsection.rawValue)
            content.appendSized(bytes)
        }
        func append(_ subsection: Subsection, _ space: IndexSpace) {
            if !space.names.isEmpty { append(subsection, nameMap(space.names)) }
        }
        func append(_ subsection: Subsection, _ section: VectorSection) {
            if section.count > 0 { append(subsection, section.content) }
        }

        if let name = moduleBinding.name {
            var sized: [UInt8] = []
            sized.appendSized(bytes(of: name))
            append(.module, sized)
        }
        append(.function, functions)
        append(.local, localNames)
        append(.label, labelNames)
        append(.type, types)
        append(.table, tables)
        append(.memory, memories)
        append(.global, globals)
        append(.elementSegment, elementSegments)
        append(.dataSegment, dataSegments)
        append(.field, fieldNames)
        append(.tag, tags)
        return content
    }

    private var fieldNames: VectorSection {
        var section = VectorSection()
        for (type, fields) in structureFields.sorted(by: { $0.key < $1.key }) {
            section.count += 1
            section.entries.appendUnsigned(type)
            section.entries.append(contentsOf: nameMap(fields.names))
        }
        return section
    }
}
