/// A name of an import or an export as a key.
///
/// Names are equal if their bytes are (specification, "Names"), whereas `String` takes different spellings of a
/// character, such as U+00C5 and U+212B, for the same.
public struct ExactName: Hashable, Sendable {
    public let string: String

    public init(_ string: String) {
        self.string = string
    }

    public static func == (first: ExactName, second: ExactName) -> Bool {
        first.string.utf8.elementsEqual(second.string.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
