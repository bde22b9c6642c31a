import WebAssembly

/// The active calls of a trap, collected innermost first: no more than a trap tells of, and the number of the others.
struct BackTrace {
    private(set) var frames: [Trap.Frame] = []
    private(set) var omittedCount = 0

    init() {}

    /// Goes on where the back trace of a trap ends that came through a host function.
    init(_ trap: Trap) {
        frames = trap.frames
        omittedCount = trap.omittedCallCount
    }

    /// Adds a call of a function; a recursion is one frame.
    mutating func add(_ function: TranslatedFunction, of module: Module, at code: UnsafeRawPointer) {
        let names = module.names
        let offset = function.binaryOffset(of: code)
        if let last = frames.last, last.codeOffset == offset, last.functionIndex == function.index,
            last.moduleName == names.module, omittedCount == 0
        {
            frames[frames.count - 1].callCount += 1
        } else if frames.count < Trap.maximumFrames {
            frames.append(
                Trap.Frame(
                    moduleName: names.module, functionIndex: function.index,
                    functionName: names.function(function.index), codeOffset: offset,
                    sourceLocation: module.sourceLocation(at: offset)))
        } else {
            omittedCount += 1
        }
    }
}
