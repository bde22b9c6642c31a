/// The classes of characters that HTTP's grammar is made of (RFC 9110 section 5.6), one bit each in one table.
enum CharacterClass {
    /// `tchar`: what tokens such as methods and field names consist of.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool { table[Int(byte)] & token != 0 }

    /// `field-vchar`, space and tab: what a field's value consists of.
    @inline(__always)
    static func isFieldContent(_ byte: UInt8) -> Bool { table[Int(byte)] & fieldContent != 0 }

    /// The visible ASCII characters that may stand in a request target. RFC 3986 allows fewer, but browsers send
    /// `|`, `{`, `"` and the like as they are; none of them is ambiguous. Fragments are never sent.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool { table[Int(byte)] & target != 0 }

    /// `unreserved` of RFC 3986: what percent-encoding leaves alone everywhere.
    @inline(__always)
    static func isUnreserved(_ byte: UInt8) -> Bool { table[Int(byte)] & unreserved != 0 }

    private static let token: UInt8 = 1
    private static let fieldContent: UInt8 = 2
    private static let target: UInt8 = 4
    private static let unreserved: UInt8 = 8

    nonisolated(unsafe) private static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: 0, count: 256)
        for byte in 0..<256 where byte == 0x09 || byte == 0x20 || (byte > 0x20 && byte != 0x7F) {
            table[byte] |= fieldContent
        }
        for byte in 0x21...0x7E where byte != 0x23 {
            table[byte] |= target
        }
        for byte in 0..<128 where isLetterOrDigit(UInt8(byte)) {
            table[byte] |= token | unreserved
        }
        for byte in "!#$%&'*+-.^_`|~".utf8 { table[Int(byte)] |= token }
        for byte in "-._~".utf8 { table[Int(byte)] |= unreserved }
        return UnsafePointer(table)
    }()

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// Whether `byte` is a space or a tab.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

/// The value of a hexadecimal digit.
@inline(__always)
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

func equalsIgnoringCase(_ left: Slice<UnsafeRawBufferPointer>, _ right: UnsafeRawBufferPointer) -> Bool {
    equalsIgnoringCase(UnsafeRawBufferPointer(rebasing: left), right)
}

/// Equality of ASCII without regard to case.
func equalsIgnoringCase(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] {
        if lowercased(left[index]) != lowercased(right[index]) { return false }
    }
    return true
}

/// Calls `body` with the UTF-8 of `string`, copying only strings that have none contiguous.
@inline(__always)
func withUTF8<Result>(of string: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    if let result = string.utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) {
        return result
    }
    return Array(string.utf8).withUnsafeBytes(body)
}
