package import WebAssembly

/// Definitions that modules' imports are resolved with, by module name and name.
package struct Linker: Sendable {
    private var definitions: [ExactName: [ExactName: ExternalValue]] = [:]

    package init() {}

    /// Defines a host function, which serves all stores. A later definition of a name replaces an earlier one.
    package mutating func define(module: String, name: String, _ function: HostFunction) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .host(function)
    }

    package mutating func define(module: String, name: String, _ function: Function) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .function(function)
    }

    package mutating func define(module: String, name: String, _ memory: Memory) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .memory(memory)
    }

    package mutating func define(module: String, name: String, _ table: Table) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .table(table)
    }

    package mutating func define(module: String, name: String, _ global: Global) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .global(global)
    }

    package mutating func define(module: String, name: String, _ tag: Tag) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .tag(tag)
    }

    /// Defines all exports of an instance under a module name.
    package mutating func define(_ instance: Instance, as module: String) {
        var exports: [ExactName: ExternalValue] = [:]
        for (index, export) in instance.module.exports.enumerated() {
            exports[ExactName(export.name)] = instance.export(at: index)
        }
        definitions[ExactName(module)] = exports
    }

    /// Whether anything is defined under the two names.
    package func isDefined(module: String, name: String) -> Bool {
        definitions[ExactName(module)]?[ExactName(name)] != nil
    }

    /// Resolves a module's imports.
    ///
    /// - Parameter traced: the calls that stores' observers are told of: see ``Store/callObserver``. They are found by
    ///   instructions of their own; without, code is as it always is.
    /// - Throws: ``LinkError``, which lists all imports that are unknown or of another type, or the functions that are too
    ///   large to be run.
    package func link(_ module: Module, traced: TracedCalls? = nil) throws(LinkError) -> LinkedModule {
        let imports = try resolve(module.imports, traced: traced)
        return LinkedModule(try TranslatedModule(module, traced: traced), imports: imports)
    }

    /// Resolves the imports of a module whose code there is already, which this linking then shares.
    ///
    /// - Throws: ``LinkError``, which lists all imports that are unknown or of another type.
    package func link(_ translated: TranslatedModule) throws(LinkError) -> LinkedModule {
        LinkedModule(translated, imports: try resolve(translated.module.imports, traced: nil))
    }

    private func resolve(_ imports: [Import], traced: TracedCalls?) throws(LinkError) -> [ExternalValue] {
        var resolved: [ExternalValue] = []
        var problems: [LinkError.Problem] = []
        for wanted in imports {
            guard let definition = definitions[ExactName(wanted.module)]?[ExactName(wanted.name)] else {
                problems.append(LinkError.Problem(wanted: wanted, reason: .unknown))
                continue
            }
            let type = definition.type
            guard type.isSubtype(of: wanted.type) else {
                problems.append(
                    LinkError.Problem(wanted: wanted, reason: .incompatible(found: "\(type.kind) \(type)")))
                continue
            }
            resolved.append(traced == nil ? definition : definition.traced(as: wanted, among: resolved))
        }
        guard problems.isEmpty else { throw LinkError(problems: problems) }
        return resolved
    }
}
