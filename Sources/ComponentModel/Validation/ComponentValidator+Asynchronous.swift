import WebAssembly

// The built-ins of tasks, streams, futures and waitables.

extension ComponentValidator {
    mutating func define(_ builtIn: AsynchronousBuiltIn, at offset: Int) throws(DecodingFailure) {
        let type = try coreType(of: builtIn, at: offset)
        try defineCoreFunction(takes: type.parameters, returns: type.results, at: offset)
    }

    private func coreType(
        of builtIn: AsynchronousBuiltIn, at offset: Int
    ) throws(DecodingFailure) -> (parameters: [WebAssembly.ValueType], results: [WebAssembly.ValueType]) {
        switch builtIn {
        case .taskCancel, .backpressureIncrement, .backpressureDecrement:
            return ([], [])
        case .subtaskCancel:
            return ([.i32], [.i32])
        case .taskReturn(let result, let options):
            return (try parametersOfTaskReturn(result, options, at: offset), [])
        case .contextGet(let type, let slot):
            try checkContext(type, slot, at: offset)
            return ([], [.i32])
        case .contextSet(let type, let slot):
            try checkContext(type, slot, at: offset)
            return ([.i32], [])
        case .threadYield, .threadIndex, .waitableSetNew:
            return ([], [.i32])
        case .subtaskDrop, .waitableSetDrop:
            return ([.i32], [])
        case .waitableJoin:
            return ([.i32, .i32], [])
        case .waitableSetWait(_, let memory), .waitableSetPoll(_, let memory):
            try checkMemory(memory, at: offset)
            return ([.i32, .i32], [.i32])
        case .streamNew(let index):
            _ = try element(ofStreamAt: index, at: offset)
            return ([], [.i64])
        case .streamRead(let index, let options):
            try checkCopy(of: try element(ofStreamAt: index, at: offset), options, isRead: true, at: offset)
            return ([.i32, .i32, .i32], [.i32])
        case .streamWrite(let index, let options):
            try checkCopy(of: try element(ofStreamAt: index, at: offset), options, isRead: false, at: offset)
            return ([.i32, .i32, .i32], [.i32])
        case .streamCancelRead(let index, _), .streamCancelWrite(let index, _):
            _ = try element(ofStreamAt: index, at: offset)
            return ([.i32], [.i32])
        case .streamDropReadable(let index), .streamDropWritable(let index):
            _ = try element(ofStreamAt: index, at: offset)
            return ([.i32], [])
        case .futureNew(let index):
            _ = try value(ofFutureAt: index, at: offset)
            return ([], [.i64])
        case .futureRead(let index, let options):
            try checkCopy(of: try value(ofFutureAt: index, at: offset), options, isRead: true, at: offset)
            return ([.i32, .i32], [.i32])
        case .futureWrite(let index, let options):
            try checkCopy(of: try value(ofFutureAt: index, at: offset), options, isRead: false, at: offset)
            return ([.i32, .i32], [.i32])
        case .futureCancelRead(let index, _), .futureCancelWrite(let index, _):
            _ = try value(ofFutureAt: index, at: offset)
            return ([.i32], [.i32])
        case .futureDropReadable(let index), .futureDropWritable(let index):
            _ = try value(ofFutureAt: index, at: offset)
            return ([.i32], [])
        }
    }

    /// The result as a lower would pass it as a parameter.
    private func parametersOfTaskReturn(
        _ result: ValueTypeUse?, _ options: CanonicalOptions, at offset: Int
    ) throws(DecodingFailure) -> [WebAssembly.ValueType] {
        try check(options, at: offset)
        let others = [
            ("realloc", options.reallocate != nil), ("post-return", options.postReturn != nil),
            ("async", options.isAsync), ("callback", options.callback != nil),
        ]
        if let (option, _) = others.first(where: { $0.1 }) {
            throw .invalid("canonical option `\(option)` cannot be specified for task.return", at: offset)
        }
        guard let result else { return [] }
        let type = try checked(result, at: offset)
        guard !type.containsBorrow else {
            throw .invalid("the result of task.return cannot contain a `borrow` type", at: offset)
        }
        let limit = CheckedValueType.maximumFlatCount
        try check(MemoryNeeds(ofReading: type, flatLimit: limit), of: options, at: offset)
        return type.flat ?? [.i32]
    }

    private func checkContext(_ type: UInt8, _ slot: UInt32, at offset: Int) throws(DecodingFailure) {
        guard type != 0x7E else {
            throw .unsupported("contexts of 64-bit values are not implemented", at: offset)
        }
        guard type == 0x7F else { throw .invalid("the type of a context's value is i32", at: offset) }
        guard slot < 2 else { throw .invalid("a context has 2 values, so that \(slot) is none of them", at: offset) }
    }

    private func element(ofStreamAt index: UInt32, at offset: Int) throws(DecodingFailure) -> CheckedValueType? {
        guard case .value(let type) = try scope.types.at(index, "type", offset), case .stream(let element) = type.form
        else { throw .invalid("type index \(index) is not a stream type", at: offset) }
        return element
    }

    private func value(ofFutureAt index: UInt32, at offset: Int) throws(DecodingFailure) -> CheckedValueType? {
        guard case .value(let type) = try scope.types.at(index, "type", offset), case .future(let value) = type.form
        else { throw .invalid("type index \(index) is not a future type", at: offset) }
        return value
    }

    /// Checks the options of what copies values out of a stream or future into memory, or back.
    private func checkCopy(
        of type: CheckedValueType?, _ options: CanonicalOptions, isRead: Bool, at offset: Int
    ) throws(DecodingFailure) {
        try check(options, at: offset)
        for (option, isThere) in [("post-return", options.postReturn != nil), ("callback", options.callback != nil)]
        where isThere {
            throw .invalid("canonical option `\(option)` cannot be specified for streams and futures", at: offset)
        }
        guard let type else { return }
        try check(isRead && type.needsMemory ? .reallocation : .memory, of: options, at: offset)
    }
}
