import WebAssembly

extension Trap {
    /// A call that was active when the trap happened, or several of one function at one place, one in the other.
    public struct Frame: Hashable, Sendable, CustomStringConvertible {
        /// The name the instance's module gives itself, if any.
        public let moduleName: String?
        /// The function's index in its module, imported functions counted.
        public let functionIndex: Int
        /// The function's name from the module's name section, as it stands there.
        public let functionName: String?
        /// Where in the module's binary the instruction stands.
        public let codeOffset: Int
        /// The instruction's place in the source, where the module has line tables.
        public let sourceLocation: SourceLocation?
        /// How many calls it stands for, as recursion makes them; at least 1.
        public internal(set) var callCount: Int

        public init(
            moduleName: String?, functionIndex: Int, functionName: String?, codeOffset: Int,
            sourceLocation: SourceLocation? = nil, callCount: Int = 1
        ) {
            self.moduleName = moduleName
            self.functionIndex = functionIndex
            self.functionName = functionName
            self.codeOffset = codeOffset
            self.sourceLocation = sourceLocation
            self.callCount = callCount
        }

        /// The function as its programmer knows it, and the place in the source if that is known, else in the binary.
        public var description: String {
            let name = functionName.map(demangled) ?? "function \(functionIndex)"
            let place = sourceLocation.map(\.description) ?? "offset 0x" + String(codeOffset, radix: 16)
            return "\(name) at \(place)" + (callCount > 1 ? ", \(callCount) times" : "")
        }
    }
}
