/// A file that a pattern matches, and that cannot or must not be a parcel.
struct RefusedFile: Hashable, Sendable {
    enum Reason: Hashable, Sendable {
        /// The name of a parcel has to be.
        case isNotUTF8
        /// `.env` and its kin, which are for those who run a project, and for nobody else to read.
        case hasVariables
    }

    /// Relative to the project, as people are shown it.
    let path: String
    let reason: Reason

    /// Why it is left out, in a sentence without its name.
    var message: String {
        switch reason {
        case .isNotUTF8: "the file is left out: its name is not UTF-8, as the name of a parcel has to be"
        case .hasVariables:
            "the file is left out: a file whose name begins with .env may hold secrets, and everybody can read what is in a "
                + "bundle. Give it another name if it is to be served; exclude in [files] of hippo-dev.toml leaves it out "
                + "without this warning"
        }
    }

    /// Whether a file with this name, without a directory, is one of variables. Some file systems take upper and lower case
    /// for the same.
    static func hasVariables(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        name.count >= 4 && name[0] == UInt8(ascii: ".")
            && name[1..<4].elementsEqual("env".utf8) { $0 | 0x20 == $1 }
    }
}
