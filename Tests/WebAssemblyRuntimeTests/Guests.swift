import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

/// Makes instances of modules in the text format.
enum Guests {
    static func module(_ text: String) throws -> Module {
        try Module(bytes: try assemble(text))
    }

    static func instance(_ text: String, linker: Linker = Linker(), in store: Store = Store()) throws -> Instance {
        try linker.link(module(text)).instantiate(in: store)
    }
}

extension Instance {
    /// Calls the exported function of a name, which there has to be.
    @discardableResult
    func call(_ name: String, _ arguments: Value...) throws -> [Value] {
        guard let function = function(named: name) else { throw MissingExport(name: name) }
        return try function.call(arguments)
    }

    /// The trap that a call ends in, or nil if it returns.
    func trap(_ name: String, _ arguments: Value...) throws -> Trap? {
        guard let function = function(named: name) else { throw MissingExport(name: name) }
        do {
            try function.call(arguments)
            return nil
        } catch {
            return error
        }
    }
}

struct MissingExport: Error {
    let name: String
}
