import WebAssembly

/// Reads instructions of a validated function, which is why it checks nothing.
struct CodeReader {
    private let base: UnsafeRawPointer
    /// The offset in the binary of the next byte.
    private(set) var position: Int
    let end: Int

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard let base = bytes.baseAddress else { preconditionFailure("a module has bytes") }
        self.base = base
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }

    @inline(__always)
    mutating func byte() -> UInt8 {
        let value = base.load(fromByteOffset: position, as: UInt8.self)
        position &+= 1
        return value
    }

    @inline(__always)
    func peek() -> UInt8 { base.load(fromByteOffset: position, as: UInt8.self) }

    @inline(__always)
    mutating func unsigned() -> UInt64 {
        let first = byte()
        if first < 0x80 { return UInt64(first) }
        var result = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while true {
            let next = byte()
            result |= UInt64(next & 0x7F) &<< shift
            if next < 0x80 { return result }
            shift &+= 7
        }
    }

    @inline(__always)
    mutating func signed() -> Int64 {
        var result: Int64 = 0
        var shift: Int64 = 0
        while true {
            let next = byte()
            result |= Int64(next & 0x7F) &<< shift
            shift &+= 7
            if next < 0x80 {
                if next & 0x40 != 0, shift < 64 { result |= -1 &<< shift }
                return result
            }
        }
    }

    /// An index.
    @inline(__always)
    mutating func index() -> Int { Int(truncatingIfNeeded: unsigned()) }

    mutating func fixed32() -> UInt32 {
        let value = (base + position).loadUnaligned(as: UInt32.self)
        position &+= 4
        return UInt32(littleEndian: value)
    }

    mutating func fixed64() -> UInt64 {
        let value = (base + position).loadUnaligned(as: UInt64.self)
        position &+= 8
        return UInt64(littleEndian: value)
    }

    mutating func opcode() -> Opcode {
        let first = byte()
        let space: Opcode.Space
        switch first {
        case 0xFB: space = .garbageCollection
        case 0xFC: space = .bulk
        case 0xFD: space = .vector
        case 0xFE: space = .atomic
        default:
            guard let opcode = Opcode(rawValue: UInt16(first)) else { preconditionFailure("validated code") }
            return opcode
        }
        let code = UInt16(truncatingIfNeeded: unsigned())
        guard let opcode = Opcode(rawValue: space.rawValue + code) else { preconditionFailure("validated code") }
        return opcode
    }

    /// A value type. All references are alike to the translator.
    mutating func valueType() -> ValueType {
        switch byte() {
        case 0x7F: return .i32
        case 0x7E: return .i64
        case 0x7D: return .f32
        case 0x7C: return .f64
        case 0x7B: return .v128
        case 0x63, 0x64:
            _ = signed()
            return .functionReference
        default: return .functionReference
        }
    }

    /// A memory argument.
    mutating func memoryArgument() -> (memory: Int, offset: UInt64) {
        let flags = unsigned()
        let memory = flags & 0x40 != 0 ? index() : 0
        return (memory, unsigned())
    }

    /// Passes over the immediates of an instruction.
    mutating func skipImmediates(_ kind: ImmediateKind) {
        switch kind {
        case .none: break
        case .blockType:
            skipBlockType()
        case .label, .function, .type, .tag, .local, .global, .table, .memory, .data, .element:
            _ = unsigned()
        case .labelTable:
            for _ in 0...index() { _ = unsigned() }
        case .callIndirect, .dataMemory, .memoryMemory, .elementTable, .tableTable, .typeField, .typeLength, .typeData,
            .typeElement, .typeType:
            _ = unsigned()
            _ = unsigned()
        case .memoryArgument: _ = memoryArgument()
        case .memoryArgumentLane:
            _ = memoryArgument()
            position &+= 1
        case .lane, .fence: position &+= 1
        case .shuffle, .v128: position &+= 16
        case .i32, .i64, .heapType: _ = signed()
        case .f32: position &+= 4
        case .f64: position &+= 8
        case .selectTypes:
            for _ in 0..<index() { _ = valueType() }
        case .castBranch:
            position &+= 1
            _ = unsigned()
            _ = signed()
            _ = signed()
        case .tryTable:
            skipBlockType()
            for _ in 0..<index() {
                let kind = CatchKind(rawValue: byte())
                if kind?.hasTag == true { _ = unsigned() }
                _ = unsigned()
            }
        }
    }

    private mutating func skipBlockType() {
        switch peek() {
        case 0x63, 0x64:
            position &+= 1
            _ = signed()
        default:
            _ = signed()
        }
    }
}

/// The kinds of immediates by opcode, for passing over code that is never reached.
enum ImmediateKinds {
    static let table: [ImmediateKind] = {
        var table = [ImmediateKind](repeating: .none, count: Opcode.rawValueCount)
        for instruction in InstructionSet.instructions {
            table[Int(instruction.opcode.rawValue)] = instruction.immediate
        }
        return table
    }()
}
