/// What a store has the content of: an invoice with all its parcels.
package enum ContentReference: Hashable, Sendable {
    case revision(Int)
    case release(BindleID)
    /// A bindle as it is now.
    case bindle(BindleID)

    /// Reads `revision:NUMBER`, `release:NAME/VERSION` or `bindle:NAME/VERSION`; `nil` if it is none of these.
    package init?(_ text: some StringProtocol) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let rest = text[text.index(after: colon)...]
        switch text[..<colon] {
        case "revision":
            guard let number = Int(rest), number > 0, String(number) == rest else { return nil }
            self = .revision(number)
        case "release":
            guard let id = try? BindleID(rest) else { return nil }
            self = .release(id)
        case "bindle":
            guard let id = try? BindleID(rest) else { return nil }
            self = .bindle(id)
        default: return nil
        }
    }
}

extension ContentReference: CustomStringConvertible {
    package var description: String {
        switch self {
        case .revision(let number): "revision:\(number)"
        case .release(let id): "release:\(id)"
        case .bindle(let id): "bindle:\(id)"
        }
    }
}
