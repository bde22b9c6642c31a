/// The variables that a process has got from whoever started it.
package enum ProcessEnvironment {
    /// All variables, in no order. What is not UTF-8 is repaired.
    package static var all: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                let name = String(text[..<equals])
                // The first one counts, as it does for `getenv`.
                if variables[name] == nil { variables[name] = String(text[text.index(after: equals)...]) }
            }
            next += 1
        }
        return variables
    }

    /// The value of a variable; `nil` if there is no such variable.
    package static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The machine's name in its network.
    package static var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        return bytes.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// The name that this process was started by.
    package static var processName: String { CommandLine.arguments.first.map(FilePath.name) ?? "" }
}
