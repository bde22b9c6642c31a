import WebAssembly

/// What made a component, as its `producers` sections and those of the modules in it say (WebAssembly tool conventions,
/// "Producers Section").
package struct Producers: Sendable {
    /// Such as `Rust`, in the order in which they stand.
    package private(set) var languages: [String] = []
    /// Such as `wit-component 0.227.1`.
    package private(set) var tools: [String] = []

    package init(of component: Component) {
        // componentize-py does not name itself: without this, only the languages of Python's interpreter are told.
        if component.coreModules.contains(where: { $0.names.module?.hasPrefix("componentize_py") ?? false }) {
            languages.append("Python")
            tools.append("componentize-py")
        }
        collect(component, depth: 0)
    }

    /// In words, such as `Rust, by rustc 1.92.0 and wit-component 0.227.1`; nil if nothing is said.
    package var description: String? {
        if languages.isEmpty && tools.isEmpty { return nil }
        let by = tools.prefix(4).joined(separator: ", ")
        if languages.isEmpty { return by }
        return languages.joined(separator: ", ") + (by.isEmpty ? "" : ", by " + by)
    }

    private mutating func collect(_ component: Component, depth: Int) {
        for section in component.customSections where section.name == "producers" {
            read(component.binary.bytes(in: section.bytes))
        }
        for definition in component.definitions {
            switch definition {
            case .coreModule(let module):
                for section in module.customSections where section.name == "producers" {
                    read(module.binary.bytes(in: section.bytes))
                }
            case .component(let component) where depth < 8:
                collect(component, depth: depth + 1)
            default: break
            }
        }
    }

    /// Reads a section; what is malformed in it is left out.
    private mutating func read(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        func number() -> Int? {
            var value = 0
            for shift in stride(from: 0, to: 35, by: 7) {
                guard position < bytes.count else { return nil }
                let byte = bytes[position]
                position += 1
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }
        func text() -> String? {
            guard let count = number(), count <= bytes.count - position else { return nil }
            defer { position += count }
            return String(validating: bytes[position..<position + count], as: UTF8.self)
        }
        guard let fieldCount = number() else { return }
        for _ in 0..<fieldCount {
            guard let field = text(), let count = number() else { return }
            for _ in 0..<count {
                guard let name = text(), let version = text() else { return }
                switch field {
                case "language" where !languages.contains(name) && languages.count < 8: languages.append(name)
                case "processed-by", "sdk":
                    let tool = version.isEmpty ? name : "\(name) \(version)"
                    if !tools.contains(tool) && tools.count < 16 { tools.append(tool) }
                default: break
                }
            }
        }
    }
}
