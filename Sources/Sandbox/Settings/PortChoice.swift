/// Which port the app is served at.
package enum PortChoice: Hashable, Sendable {
    case number(UInt16)
    /// The first one that is free, from the usual one on.
    case automatic

    /// Reads `auto`, or a number from 0 to 65535.
    package init?(parsing text: String) {
        if text == "auto" {
            self = .automatic
        } else if let number = UInt16(text) {
            self = .number(number)
        } else {
            return nil
        }
    }
}
