import ComponentModel

/// Binaries of components, put together section by section.
struct ComponentBytes {
    private(set) var bytes: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00]

    init() {}

    static func number(_ value: Int) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        repeat {
            let byte = UInt8(rest & 0x7F)
            rest >>= 7
            bytes.append(rest == 0 ? byte : byte | 0x80)
        } while rest != 0
        return bytes
    }

    /// A type's index where a primitive type could also stand: a signed number.
    static func type(_ index: Int) -> [UInt8] {
        var rest = index
        var bytes: [UInt8] = []
        while rest > 0x3F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func name(_ text: String) -> [UInt8] { number(text.utf8.count) + Array(text.utf8) }

    static func vector(_ items: [[UInt8]]) -> [UInt8] { number(items.count) + items.joined() }

    /// A name without attributes.
    static func externalName(_ text: String) -> [UInt8] { [0x00] + name(text) }

    /// A section with one definition or several.
    mutating func section(_ id: UInt8, _ items: [UInt8]...) { section(id, items) }

    mutating func section(_ id: UInt8, _ items: [[UInt8]]) {
        let content = ComponentBytes.vector(items)
        bytes += [id] + ComponentBytes.number(content.count) + content
    }

    /// Adds sections as they are.
    mutating func append(_ sections: [UInt8]) { bytes += sections }

    mutating func types(_ types: [UInt8]...) { section(7, types) }

    mutating func imports(_ imports: [(String, [UInt8])]) {
        section(10, imports.map { ComponentBytes.externalName($0.0) + $0.1 })
    }

    mutating func component(_ nested: ComponentBytes) {
        bytes += [4] + ComponentBytes.number(nested.bytes.count) + nested.bytes
    }

    mutating func module(_ module: [UInt8]) {
        bytes += [1] + ComponentBytes.number(module.count) + module
    }

    /// What is wrong with the component; `nil` if nothing is.
    var error: ComponentError? {
        do throws(ComponentError) {
            _ = try Component(bytes: bytes)
            return nil
        } catch {
            return error
        }
    }
}
