/// Which tokens the instructions of a module come from.
struct InstructionPlaces {
    /// Where the code section's entries begin in the module.
    var codeStart = 0
    /// Where an instruction begins among the entries, in ascending order, and its token.
    private var places: [(offset: Int, token: Int)] = []
    /// The same for the function, or the constant expression, that is being encoded; the offsets are in its body.
    private var current: [(offset: Int, token: Int)] = []

    mutating func beginFunction() { current.removeAll(keepingCapacity: true) }

    /// What is encoded from `offset` on comes from a token, whatever was said of it before.
    mutating func mark(_ offset: Int, _ token: Int) { current.append((offset, token)) }

    mutating func endFunction(bodyAt start: Int) {
        places += current.map { ($0.offset + start, $0.token) }
        current.removeAll(keepingCapacity: true)
    }

    /// The token of the instruction that has a byte of the module; `nil` if that is not in a function's body.
    func token(ofByteAt offset: Int) -> Int? {
        places.last { $0.offset + codeStart <= offset }?.token
    }
}
