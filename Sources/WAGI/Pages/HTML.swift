/// Text in HTML documents.
enum HTML {
    /// Text as it stands in an element or between the quotes of an attribute, whatever is in it. Control characters,
    /// which documents must not have, are replaced.
    static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case "\r": continue
            default:
                let isPrintable = scalar.properties.generalCategory != .control && !scalar.properties.isBidiControl
                result.unicodeScalars.append(isPrintable ? scalar : "\u{FFFD}")
            }
        }
        return result
    }
}
