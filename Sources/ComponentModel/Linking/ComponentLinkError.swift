/// What a component needs that it was not given, or what of it this engine cannot run: all of it, so that it can be mended
/// at once.
package struct ComponentLinkError: Error, Sendable {
    /// Something that is missing or of another type.
    package struct Problem: Hashable, Sendable {
        package enum Reason: Hashable, Sendable {
            /// The host has no such interface.
            case unknownInterface
            /// The host has the interface in other versions only, these.
            case incompatibleVersion(provided: String)
            /// The host's interface has no such function or resource.
            case unknownMember
            /// The host's function has another type: both in WIT.
            case incompatible(wanted: String, provided: String)
            /// It is neither an interface nor a function, but this.
            case notProvidable(String)
            /// It is a feature that is not run yet, or a limit; the text says which.
            case unsupported(String)
        }

        /// The name of the import, with its version: that of an interface most often.
        package let interface: String
        /// The function or resource in the interface, if it is about one.
        package let member: String?
        package let reason: Reason

        /// Whether `--stub-imports` helps.
        package var canBeStubbed: Bool {
            switch reason {
            case .unknownInterface, .incompatibleVersion, .unknownMember, .incompatible: true
            case .notProvidable, .unsupported: false
            }
        }
    }

    package let problems: [Problem]
    /// What made the component, in words, if it says so.
    package let producers: String?

    init(problems: [Problem], producers: String?) {
        self.problems = problems
        self.producers = producers
    }
}

extension ComponentLinkError.Problem: CustomStringConvertible {
    package var description: String {
        let place = interface + (member.map { " \($0)" } ?? "")
        return switch reason {
        case .unknownInterface: "\(place): hippo-dev does not provide this interface\(advice)"
        case .incompatibleVersion(let provided):
            "\(place): only \(provided) of this interface is provided\(advice)"
        case .unknownMember: "\(place): the interface that is provided has nothing of this name\(advice)"
        case .incompatible(let wanted, let provided):
            "\(place): wanted is \(wanted), provided is \(provided): it was built for another version of the interface"
        case .notProvidable(let what):
            "\(place): \(what) cannot be provided to a component: compose it with one that has it"
        case .unsupported(let what): interface.isEmpty ? what : "\(place): \(what)"
        }
    }

    /// Whether it is of WASI 0.3.
    fileprivate var isOfNewerWASI: Bool {
        interface.hasPrefix("wasi:") && InterfaceName(interface).version?.hasPrefix("0.3") == true
    }

    /// What to do about interfaces that people are likely to meet.
    private var advice: String {
        if interface.hasPrefix("wasi:"), let version = InterfaceName(interface).version {
            if isOfNewerWASI { return "; it is of WASI 0.3: build for WASI 0.2 (such as wasm32-wasip2)" }
            if version.contains("-") { return "; it is of WASI before its release: build with newer tools" }
        }
        if interface.hasPrefix("fermyon:spin/") || interface.hasPrefix("spin:") {
            return "; it is Spin's own: without it, use wasi:http and environment variables"
        }
        return ""
    }
}

extension ComponentLinkError: CustomStringConvertible {
    package var description: String {
        var text =
            problems.count == 1
            ? "the component cannot be linked:" : "the component cannot be linked, for \(problems.count) reasons:"
        for problem in problems { text += "\n  \(problem)" }
        if let producers { text += "\nIt was made from \(producers)." }
        // A component of WASI 0.3 may be linked so, and is then one whose interface is not called.
        if problems.allSatisfy(\.canBeStubbed), !problems.contains(where: \.isOfNewerWASI) {
            text +=
                "\nBuild it without what needs "
                + (problems.count == 1 ? "this" : "these")
                + ", or use --stub-imports, with which it traps only when it calls "
                + (problems.count == 1 ? "it." : "one of them.")
        }
        return text
    }
}
