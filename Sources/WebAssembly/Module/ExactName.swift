/// A name of an import or an export as a key.
///
/// Names are equal if their bytes are (specification, "Names"), whereas `String` takes different spellings of a
/// character, such as U+00C5 and U+212B, for the same.
package struct ExactName: Hashable, Sendable {
    package let string: String

    package init(_ string: String) {
        self.string = string
    }

    package static func == (first: ExactName, second: ExactName) -> Bool {
        first.string.utf8.elementsEqual(second.string.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
