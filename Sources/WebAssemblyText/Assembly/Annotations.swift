/// A custom section that a `@custom` annotation adds.
struct CustomSection {
    enum Place: Equatable {
        case before(SectionID)
        case after(SectionID)
        case last
    }

    let name: [UInt8]
    let place: Place
    let content: [UInt8]
}

/// Hands out the annotations of a module, and notices those that nobody asked for.
struct AnnotationCursor {
    /// By the index of the token they stand before.
    private var pending: [Int: [Annotation]] = [:]

    init(_ source: TokenizedSource, tokens: Range<Int>) {
        let annotations = source.annotations
        // A script has many modules, so find the first annotation of this one by bisection.
        var low = 0
        var high = annotations.count
        while low < high {
            let middle = (low + high) / 2
            if annotations[middle].tokenIndex < tokens.lowerBound { low = middle + 1 } else { high = middle }
        }
        for annotation in annotations[low...] {
            if annotation.tokenIndex > tokens.upperBound { break }
            pending[annotation.tokenIndex, default: []].append(annotation)
        }
    }

    @inline(__always)
    mutating func take(_ kind: Annotation.Kind, before index: Int) -> [Annotation] {
        if pending.isEmpty { return [] }
        guard let candidates = pending[index] else { return [] }
        let rest = candidates.filter { $0.kind != kind }
        pending[index] = rest.isEmpty ? nil : rest
        return candidates.filter { $0.kind == kind }
    }

    func requireAllUsed() throws(SyntaxError) {
        guard let misplaced = pending.values.joined().min(by: { $0.offset < $1.offset }) else { return }
        let name =
            switch misplaced.kind {
            case .custom: "@custom annotation: it stands among the fields of a module"
            case .name: "@name annotation: it stands in the place of an identifier or after it"
            case .branchHint: "@metadata.code.branch_hint annotation: it stands before `if` or `br_if`"
            }
        throw SyntaxError(at: misplaced.offset, "misplaced \(name)")
    }
}

extension ModuleAssembler {
    /// The name in a `@name` annotation before the next token.
    mutating func readNameAnnotation() throws(SyntaxError) -> [UInt8]? {
        let found = annotations(.name, before: reader.position)
        guard let annotation = found.first else { return nil }
        guard found.count == 1, annotation.content.count == 1, annotation.content[0].kind == .string else {
            throw SyntaxError(at: annotation.offset, "malformed @name annotation: it holds exactly one string")
        }
        var name: [UInt8] = []
        reader.appendString(annotation.content[0], to: &name)
        guard UTF8Validation.isValid(name) else {
            throw SyntaxError(at: annotation.offset, "malformed UTF-8 encoding")
        }
        return name
    }

    /// Collects the `@custom` annotations before the next token.
    mutating func readCustomAnnotations() throws(SyntaxError) {
        for annotation in annotations(.custom, before: reader.position) {
            customSections.append(try customSection(annotation))
        }
    }

    /// `(@custom "name" (before|after section)? "content"*)`
    private func customSection(_ annotation: Annotation) throws(SyntaxError) -> CustomSection {
        var tokens = annotation.content[...]
        func malformed(_ message: String) -> SyntaxError {
            SyntaxError(at: tokens.first?.start ?? annotation.offset, "malformed @custom annotation: \(message)")
        }
        guard let first = tokens.popFirst(), first.kind == .string else { throw malformed("missing section name") }
        var name: [UInt8] = []
        reader.appendString(first, to: &name)
        guard UTF8Validation.isValid(name) else { throw SyntaxError(at: first.start, "malformed UTF-8 encoding") }

        var place = CustomSection.Place.last
        if tokens.first?.kind == .open {
            let clause = tokens.prefix(4)
            guard clause.map(\.kind) == [.open, .keyword, .keyword, .close] else {
                throw malformed("malformed placement")
            }
            let words = clause.dropFirst().prefix(2).map { KeywordCode(value: $0.value).keyword }
            guard let direction = words[0], let section = words[1], let found = Self.place(direction, section) else {
                throw malformed("unknown section or placement")
            }
            place = found
            tokens = tokens.dropFirst(4)
        }

        var content: [UInt8] = []
        while let token = tokens.first {
            guard token.kind == .string else { throw malformed("unexpected token") }
            reader.appendString(token, to: &content)
            tokens.removeFirst()
        }
        return CustomSection(name: name, place: place, content: content)
    }

    private static func place(_ direction: Keyword, _ section: Keyword) -> CustomSection.Place? {
        let id: SectionID
        switch section {
        case .first: return direction == .before ? .before(.type) : nil
        case .last: return direction == .after ? .last : nil
        case .type: id = .type
        case .import: id = .import
        case .func: id = .function
        case .table: id = .table
        case .memory: id = .memory
        case .tag: id = .tag
        case .global: id = .global
        case .export: id = .export
        case .start: id = .start
        case .elem: id = .element
        case .datacount: id = .dataCount
        case .code: id = .code
        case .data: id = .data
        default: return nil
        }
        return direction == .before ? .before(id) : direction == .after ? .after(id) : nil
    }

    /// The value of a branch hint before the token at `index`.
    mutating func readBranchHint(before index: Int) throws(SyntaxError) -> UInt8? {
        let found = annotations(.branchHint, before: index)
        guard let annotation = found.first else { return nil }
        var value: [UInt8] = []
        if annotation.content.count == 1, annotation.content[0].kind == .string {
            reader.appendString(annotation.content[0], to: &value)
        }
        guard found.count == 1, value == [0] || value == [1] else {
            throw SyntaxError(
                at: annotation.offset, "malformed @metadata.code.branch_hint annotation: it holds \"\\00\" or \"\\01\"")
        }
        return value[0]
    }
}
