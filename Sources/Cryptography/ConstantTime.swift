/// Comparisons that take as long for what is wrong at its beginning as for what is wrong at its end: who can try texts, and
/// measure, must not find out a secret byte by byte.
package enum ConstantTime {
    /// Whether two texts of bytes are the same. Only their lengths show in the time that it takes.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
