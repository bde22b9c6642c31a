/// The machine that a line number program runs on, producing rows of addresses and lines.
struct LineNumberProgram {
    struct Row {
        var address: UInt64 = 0
        var file: UInt64 = 1
        var line: UInt32 = 1
        var column: UInt32 = 0
        /// Whether this is the address behind the last instruction of a sequence.
        var isEndOfSequence = false
    }

    private let unit: LineNumberUnit
    private var reader: ByteReader
    private var row = Row()
    /// The operation within an instruction, of machines that have several in one.
    private var operation: UInt64 = 0

    /// Starts at the given offset in the binary, which begins a sequence.
    init(_ unit: LineNumberUnit, in binary: ModuleBinary, at position: Int) {
        self.unit = unit
        reader = ByteReader(binary, in: position..<unit.program.upperBound)
    }

    /// The offset in the binary of the next instruction.
    var position: Int { reader.position }

    /// The next row; `nil` at the end of the program.
    mutating func nextRow() throws(DecodingFailure) -> Row? {
        while !reader.isAtEnd {
            let opcode = try reader.readByte()
            if opcode >= unit.firstSpecialOpcode {
                let adjusted = opcode - unit.firstSpecialOpcode
                advance(by: UInt64(adjusted / unit.lineRange))
                row.line &+= UInt32(bitPattern: Int32(unit.lineBase) + Int32(adjusted % unit.lineRange))
                return row
            }
            if opcode == 0 {
                if let row = try runExtended() { return row }
            } else if try runStandard(opcode) {
                return row
            }
        }
        return nil
    }

    /// Runs an instruction with an opcode of its own; returns whether it completes a row.
    private mutating func runStandard(_ opcode: UInt8) throws(DecodingFailure) -> Bool {
        switch opcode {
        case 1: return true  // copy
        case 2: advance(by: try reader.readU64())
        case 3: row.line &+= UInt32(truncatingIfNeeded: try reader.readS64())
        case 4: row.file = try reader.readU64()
        case 5: row.column = UInt32(truncatingIfNeeded: try reader.readU64())
        case 6, 7, 10, 11: break  // negate_stmt, set_basic_block, set_prologue_end, set_epilogue_begin
        case 8: advance(by: UInt64((255 - unit.firstSpecialOpcode) / unit.lineRange))
        case 9:
            row.address &+= UInt64(try reader.readFixed16())
            operation = 0
        default:
            // set_isa, and whatever later versions add.
            for _ in 0..<unit.operandCount(of: opcode) { _ = try reader.readU64() }
        }
        return false
    }

    private mutating func runExtended() throws(DecodingFailure) -> Row? {
        let length = Int(truncatingIfNeeded: try reader.readU64())
        guard length > 0 else { return nil }
        var content = try reader.readSlice(length)
        switch try content.readByte() {
        case 1:  // end_sequence
            var last = row
            last.isEndOfSequence = true
            row = Row()
            operation = 0
            return last
        case 2:  // set_address
            row.address = length - 1 == 8 ? try content.readFixed64() : UInt64(try content.readFixed32())
            operation = 0
        default:
            break
        }
        return nil
    }

    private mutating func advance(by operations: UInt64) {
        guard unit.operationsPerInstruction > 1 else {
            row.address &+= operations &* UInt64(unit.instructionByteCount)
            return
        }
        let (sum, count) = (operation &+ operations, UInt64(unit.operationsPerInstruction))
        row.address &+= sum / count &* UInt64(unit.instructionByteCount)
        operation = sum % count
    }
}
