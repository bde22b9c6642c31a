package import WASI

/// What one running component has of WASI 0.2: what it was given at its start, and all resources that it holds. It belongs
/// to the component's store, and like it to one thread at a time.
package final class WASIPreview2Context {
    package let configuration: WASIConfiguration
    package let socketPolicy: SocketPolicy
    package var resources: ResourceTable

    /// What an interface of another module keeps for this component, such as that of HTTP.
    package var companion: AnyObject?

    /// The threads that work for the component.
    package let threads: ThreadBudget

    /// What the host keeps for the component outside of its memory.
    package let hostMemory = HostMemory()

    /// Whether there was no room for something that the component wanted to keep.
    var wasRefusedRoom = false

    /// What names have been found to stand for, so that the component may connect to it.
    var resolved = ResolvedAddresses()

    /// Makes the context of one component; cheap, since directories are opened only when the component uses them.
    ///
    /// - Parameters:
    ///   - socketPolicy: where its sockets may lead; by default nowhere.
    ///   - threads: what it shares with other components; `nil` for nothing.
    package init(
        _ configuration: WASIConfiguration, socketPolicy: SocketPolicy = .nothing, threads: ThreadBudget? = nil
    ) {
        self.configuration = configuration
        self.socketPolicy = socketPolicy
        self.threads = ThreadBudget(within: threads)
        resources = ResourceTable(
            descriptorLimit: configuration.descriptorLimit, remedy: configuration.descriptorRemedy)
    }

    /// What the limits of the configuration refused the component, which may be why it failed later: as
    /// `Store.limitDescriptions`.
    package var limitDescriptions: [String] {
        let refusals = wasRefusedRoom ? configuration.preopens.compactMap(\.limitDescription) : []
        return refusals + resources.limitDescriptions
    }

    /// The variables of the environment, in the order in which the component sees them.
    var environment: [(name: String, value: String)] {
        guard let block = configuration.environmentBlock else {
            return configuration.environment.map { (name: $0.0, value: $0.1) }
        }
        return block.strings.map { text in
            let name = text.prefix { $0 != "=" }
            return (name: String(name), value: String(text.dropFirst(name.count + 1)))
        }
    }
}

/// What a store's `hostState` may be instead of the context itself, when an embedder keeps more than WASI in it.
package protocol WASIPreview2ContextHolder: AnyObject {
    var wasiPreview2Context: WASIPreview2Context { get }
}

/// A WASI function was called by a component whose store has no context for it: a mistake of the embedder.
package struct MissingWASIPreview2ContextError: Error, Sendable, CustomStringConvertible {
    package var description: String {
        "the component called a function of WASI 0.2, but its store's host state has no context for that"
    }
}

extension StringBlock {
    /// The strings, with what is not UTF-8 repaired.
    fileprivate var strings: [String] {
        offsets.map { start in
            String(decoding: bytes[start...].prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
