package import WebAssembly

/// What a module needs that it was not given, or what of it this engine cannot run: all of it, so that it can be mended at
/// once.
package struct LinkError: Error, CustomStringConvertible {
    /// An import that cannot be satisfied.
    package struct Problem: Hashable, Sendable {
        package enum Reason: Hashable, Sendable {
            /// Nothing of this name is defined.
            case unknown
            /// What is defined has another type, described here.
            case incompatible(found: String)
        }

        package let wanted: Import
        package let reason: Reason
    }

    package let problems: [Problem]
    /// Functions that are too large to be translated.
    package let oversizedFunctions: [OversizedFunction]

    init(problems: [Problem] = [], oversizedFunctions: [OversizedFunction] = []) {
        self.problems = problems
        self.oversizedFunctions = oversizedFunctions
    }

    /// The worst problem in the words of the specification's tests.
    package var message: String {
        if problems.isEmpty { return "function too large for this engine" }
        return problems.contains { $0.reason == .unknown } ? "unknown import" : "incompatible import type"
    }

    package var description: String {
        if problems.isEmpty { return oversizedFunctions.map { "\($0)" }.joined(separator: "\n") }
        var text =
            problems.count == 1
            ? "an import cannot be resolved:" : "\(problems.count) imports cannot be resolved:"
        for problem in problems {
            let wanted = problem.wanted
            text += "\n  \(wanted.module).\(wanted.name): "
            switch problem.reason {
            case .unknown: text += "unknown import (wanted: \(wanted.type.kind) \(wanted.type))"
            case .incompatible(let found): text += "incompatible import type: wanted \(wanted.type), found \(found)"
            }
        }
        return text
    }
}
