/// Text of an app as it may be shown on a terminal, with a difference visible in it: `PrintableText` has one sign for all
/// control characters, and here each is written as its escape.
enum Printable {
    /// The text without control characters: those are written as escapes.
    static func text(_ text: some StringProtocol) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\n": result += "\\n"
            case _ where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The text in quotation marks, cut where it is long.
    static func quoted(_ text: String) -> String {
        let longest = 200
        let cut = text.prefix(longest)
        return "\"\(self.text(cut))\"" + (cut.endIndex == text.endIndex ? "" : "…")
    }
}
