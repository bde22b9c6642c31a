package import WebAssembly

extension Trap {
    /// A call that was active when the trap happened, or several of one function at one place, one in the other.
    package struct Frame: Hashable, Sendable, CustomStringConvertible {
        /// The name the instance's module gives itself, if any.
        package let moduleName: String?
        /// The function's index in its module, imported functions counted.
        package let functionIndex: Int
        /// The function's name from the module's name section, as it stands there.
        package let functionName: String?
        /// Where in the module's binary the instruction stands.
        package let codeOffset: Int
        /// The instruction's place in the source, where the module has line tables.
        package let sourceLocation: SourceLocation?
        /// How many calls it stands for, as recursion makes them; at least 1.
        package internal(set) var callCount: Int

        package init(
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

        /// The function as its programmer knows it; by its index and its module, of which a component has several, if it has
        /// no name.
        package var shownName: String {
            functionName.map(demangled) ?? "function \(functionIndex)" + (moduleName.map { " of \($0)" } ?? "")
        }

        /// The place in the source if that is known, else in the binary; and how many calls there are, if several.
        package var shownPlace: String {
            let place = sourceLocation.map(\.description) ?? "offset 0x" + String(codeOffset, radix: 16)
            return place + (callCount > 1 ? ", \(callCount) times" : "")
        }

        package var description: String { "\(shownName) at \(shownPlace)" }
    }
}
