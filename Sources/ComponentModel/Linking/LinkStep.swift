import WebAssemblyRuntime

/// A definition of a core instance, by number, or a function that linking makes.
enum CoreReference: Hashable, Sendable {
    /// What a core instance exports, by its index in the module's exports.
    case export(instance: Int, index: Int)
    /// A function of ``LinkedComponent/trampolines``.
    case trampoline(Int)
}

/// What instantiation does, in order. Whatever a step refers to, a step before it has made.
enum LinkStep: Sendable {
    /// Instantiates a core module, whose instance gets the next number.
    case instantiate(module: Int, imports: Imports)
    /// Takes the function that has the next place among those of the state.
    case function(CoreReference)
    /// Takes the memory that has the next place among those of the state.
    case memory(CoreReference)

    var isInstantiation: Bool {
        if case .instantiate = self { true } else { false }
    }

    enum Imports: Sendable {
        /// The same for all instances: functions that linking makes, or nothing.
        case constant([ExternalValue])
        case references([CoreReference])
    }
}
