@testable import ComponentModel

/// A line that `vectors.py` wrote: a value in one guest, and what the reference made of it in another.
struct Vector {
    struct Outcome {
        let value: Value
        let memory: [UInt8]
        let flats: [UInt64]
        let calls: [[UInt32]]
        /// What is in the tables of handles when the call is over.
        let sourceHandles: Substring
        let targetHandles: Substring
        /// How many handles the target was given as borrows.
        let borrowCount: UInt32
    }

    private static let encodings: [CanonicalOptions.StringEncoding] = [.utf8, .utf16, .latin1OrUTF16]

    let type: ValueType
    let source: CanonicalOptions.StringEncoding
    let target: CanonicalOptions.StringEncoding
    let memory: [UInt8]
    let flats: [UInt64]
    /// Where the value is to be put in the target's memory if it is a result, and does not fit into a core value.
    let resultPlace: UInt32?
    /// How the tables of handles came about.
    let sourceHistory: [Substring]
    let targetHistory: [Substring]
    /// Nil if passing the value traps.
    let outcome: Outcome?
    /// Whether reading the value traps.
    let trapsInLifting: Bool

    init(_ columns: [Substring]) {
        func flats(_ column: Substring) -> [UInt64] {
            column.split(separator: ",").compactMap { UInt64($0, radix: 16) }
        }
        // Columns that are about handles are in lines about handles only.
        let hasHandles = columns.count > 9 || columns.count == 9 && columns[8].first == "!"
        let handles = hasHandles ? columns[5...7] : ["", "", ""]
        let outcome = columns[(hasHandles ? 8 : 5)...]
        type = VectorNotation.type(columns[0])
        source = Self.encodings[Int(columns[1]) ?? 0]
        target = Self.encodings[Int(columns[2]) ?? 0]
        memory = VectorNotation.bytes(columns[3])
        self.flats = flats(columns[4])
        resultPlace = UInt32(handles[handles.startIndex])
        sourceHistory = handles[handles.startIndex + 1].split(separator: ",")
        targetHistory = handles[handles.startIndex + 2].split(separator: ",")
        let at = outcome.startIndex
        trapsInLifting = outcome.first == "!"
        self.outcome =
            outcome.count == 1
            ? nil
            : Outcome(
                value: VectorNotation.value(outcome[at], as: type), memory: VectorNotation.bytes(outcome[at + 1]),
                flats: flats(outcome[at + 2]),
                calls: outcome[at + 3].split(separator: ";").map {
                    $0.split(separator: ",").compactMap { UInt32($0) }
                },
                sourceHandles: hasHandles ? outcome[at + 4] : "", targetHandles: hasHandles ? outcome[at + 5] : "",
                borrowCount: hasHandles ? UInt32(outcome[at + 6]) ?? 0 : 0)
    }
}
