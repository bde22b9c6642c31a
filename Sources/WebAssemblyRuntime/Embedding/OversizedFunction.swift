import WebAssembly

/// A function that is valid, but too large for this engine: the slots of a frame have numbers of 16 bits, and distances in
/// code 32.
package struct OversizedFunction: Hashable, Sendable, CustomStringConvertible {
    /// Its place in the function index space.
    package let index: Int
    /// As the module's name section has it, if it does.
    package let name: String?
    /// Parameters and declared ones.
    package let localCount: Int
    /// The most operands that are on the stack at a time.
    package let operandCount: Int
    package let byteCount: Int

    init(_ index: Int, of module: Module) {
        self.index = index
        name = module.names.function(index)
        let body = module.body(of: index)
        localCount = Int(body?.localCount ?? 0)
        operandCount = Int(body?.maximumStackHeight ?? 0)
        byteCount = body.map { Int($0.end - $0.start) } ?? 0
    }

    package var description: String {
        "function \(index)\(name.map { " (\($0))" } ?? "") is too large for this engine: it has \(localCount) locals, up to "
            + "\(operandCount) operands on its stack and \(byteCount) bytes of code; all that it holds at a time has to fit "
            + "into \(Translator.slotLimit) slots: divide it"
    }
}
