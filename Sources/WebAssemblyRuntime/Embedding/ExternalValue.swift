package import WebAssembly

/// What an import is given and an export is.
package enum ExternalValue: Sendable {
    /// A function of the host, which serves all stores.
    case host(HostFunction)
    case function(Function)
    case memory(Memory)
    case table(Table)
    case global(Global)
    case tag(Tag)

    /// Its type as it is now: memories and tables have their present size as the minimum.
    package var type: ExternalType {
        switch self {
        case .host(let function): .function(function.storage.canonicalType)
        case .function(let function): .function(function.canonicalType)
        case .memory(let memory): .memory(memory.type)
        case .table(let table): .table(table.type)
        case .global(let global): .global(global.type)
        case .tag(let tag): .tag(tag.type)
        }
    }

    /// Whether it is a function of the host, and so belongs to no store.
    var isHost: Bool {
        if case .host = self { true } else { false }
    }

    /// The same, with its calls told of if it is a function of the host. The index is that of the import.
    func traced(as wanted: Import, among resolved: [ExternalValue]) -> ExternalValue {
        guard case .host(let function) = self else { return self }
        let index = resolved.count { definition in
            switch definition {
            case .host, .function: true
            default: false
            }
        }
        return .host(function.traced(index: index, module: wanted.module, name: wanted.name))
    }
}
