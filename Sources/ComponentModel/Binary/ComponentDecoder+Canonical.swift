import WebAssembly

extension ComponentDecoder {
    func readCanonical(_ reader: inout ByteReader) throws(DecodingFailure) -> CanonicalDefinition {
        let start = reader.position
        let code = try reader.readByte()
        switch code {
        case 0x00:
            let sort = try reader.readByte()
            guard sort == 0 else { throw .leadingByte(sort, "canonical function lift", at: start + 1) }
            let function = try reader.readU32()
            let options = try readOptions(&reader)
            return .lift(coreFunction: function, options: options, type: try reader.readU32())
        case 0x01:
            let sort = try reader.readByte()
            guard sort == 0 else { throw .leadingByte(sort, "canonical function lower", at: start + 1) }
            let function = try reader.readU32()
            return .lower(function: function, options: try readOptions(&reader))
        case 0x02: return .resourceNew(try reader.readU32())
        case 0x03: return .resourceDrop(try reader.readU32())
        case 0x04: return .resourceRepresentation(try reader.readU32())
        case 0x1C...0x1E: throw .unsupported("error contexts are not implemented", at: start)
        case 0x27...0x2D, 0x40...0x42:
            throw .unsupported("the built-in \(threadBuiltIn(code)) is not implemented", at: start)
        default: return .asynchronous(try readAsynchronousBuiltIn(&reader, code: code, at: start))
        }
    }

    private func readAsynchronousBuiltIn(
        _ reader: inout ByteReader, code: UInt8, at start: Int
    ) throws(DecodingFailure) -> AsynchronousBuiltIn {
        switch code {
        case 0x05: return .taskCancel
        case 0x06: return .subtaskCancel(isAsync: try readFlag(&reader))
        case 0x09:
            let result = try readResult(&reader)
            return .taskReturn(result: result, options: try readOptions(&reader))
        case 0x0A:
            let type = try reader.readByte()
            return .contextGet(type: type, slot: try reader.readU32())
        case 0x0B:
            let type = try reader.readByte()
            return .contextSet(type: type, slot: try reader.readU32())
        case 0x0C: return .threadYield(isCancellable: try readFlag(&reader))
        case 0x0D: return .subtaskDrop
        case 0x0E: return .streamNew(try reader.readU32())
        case 0x0F: return .streamRead(try reader.readU32(), try readOptions(&reader))
        case 0x10: return .streamWrite(try reader.readU32(), try readOptions(&reader))
        case 0x11: return .streamCancelRead(try reader.readU32(), isAsync: try readFlag(&reader))
        case 0x12: return .streamCancelWrite(try reader.readU32(), isAsync: try readFlag(&reader))
        case 0x13: return .streamDropReadable(try reader.readU32())
        case 0x14: return .streamDropWritable(try reader.readU32())
        case 0x15: return .futureNew(try reader.readU32())
        case 0x16: return .futureRead(try reader.readU32(), try readOptions(&reader))
        case 0x17: return .futureWrite(try reader.readU32(), try readOptions(&reader))
        case 0x18: return .futureCancelRead(try reader.readU32(), isAsync: try readFlag(&reader))
        case 0x19: return .futureCancelWrite(try reader.readU32(), isAsync: try readFlag(&reader))
        case 0x1A: return .futureDropReadable(try reader.readU32())
        case 0x1B: return .futureDropWritable(try reader.readU32())
        case 0x1F: return .waitableSetNew
        case 0x20: return .waitableSetWait(isCancellable: try readFlag(&reader), memory: try reader.readU32())
        case 0x21: return .waitableSetPoll(isCancellable: try readFlag(&reader), memory: try reader.readU32())
        case 0x22: return .waitableSetDrop
        case 0x23: return .waitableJoin
        case 0x24: return .backpressureIncrement
        case 0x25: return .backpressureDecrement
        case 0x26: return .threadIndex
        default: throw .leadingByte(code, "canonical function", at: start)
        }
    }

    private func threadBuiltIn(_ code: UInt8) -> String {
        switch code {
        case 0x27: "thread.new-indirect"
        case 0x28: "thread.resume-later"
        case 0x29: "thread.suspend"
        case 0x2A: "thread.suspend-then-resume"
        case 0x2B: "thread.yield-then-resume"
        case 0x2C: "thread.suspend-then-promote"
        case 0x2D: "thread.yield-then-promote"
        case 0x40: "thread.spawn-ref"
        case 0x41: "thread.spawn-indirect"
        default: "thread.available-parallelism"
        }
    }

    private func readFlag(_ reader: inout ByteReader) throws(DecodingFailure) -> Bool {
        switch try reader.readByte() {
        case 0: return false
        case 1: return true
        case let byte: throw .malformed("invalid boolean value \(byte)", at: reader.position - 1)
        }
    }

    /// Reads options, each of which may be there once.
    private func readOptions(_ reader: inout ByteReader) throws(DecodingFailure) -> CanonicalOptions {
        var options = CanonicalOptions()
        var encoding: (CanonicalOptions.StringEncoding, name: String)?
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            switch try reader.readByte() {
            case let byte where byte <= 0x02:
                let next: (CanonicalOptions.StringEncoding, name: String) =
                    switch byte {
                    case 0x00: (.utf8, "utf8")
                    case 0x01: (.utf16, "utf16")
                    default: (.latin1OrUTF16, "latin1-utf16")
                    }
                if let encoding {
                    throw .invalid(
                        "canonical encoding option `\(encoding.name)` conflicts with option `\(next.name)`", at: start)
                }
                encoding = next
                options.stringEncoding = next.0
            case 0x03:
                try once(options.memory == nil, "memory", at: start)
                options.memory = try reader.readU32()
            case 0x04:
                try once(options.reallocate == nil, "realloc", at: start)
                options.reallocate = try reader.readU32()
            case 0x05:
                try once(options.postReturn == nil, "post-return", at: start)
                options.postReturn = try reader.readU32()
            case 0x06:
                try once(!options.isAsync, "async", at: start)
                options.isAsync = true
            case 0x07:
                try once(options.callback == nil, "callback", at: start)
                options.callback = try reader.readU32()
            case let byte:
                throw .leadingByte(byte, "canonical option", at: start)
            }
        }
        return options
    }

    private func once(_ isFirst: Bool, _ option: String, at offset: Int) throws(DecodingFailure) {
        guard isFirst else {
            throw .invalid("canonical option `\(option)` is specified more than once", at: offset)
        }
    }
}
