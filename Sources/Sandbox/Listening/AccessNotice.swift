package import Bindle

/// What is told of a Bindle server that others can reach.
package enum AccessNotice {
    /// One line.
    /// - Parameters:
    ///   - token: What clients need; `nil` if they need none.
    ///   - hasOwnUsers: Whether users and tokens of files are let in instead.
    package static func text(_ token: AccessToken?, hasOwnUsers: Bool = false) -> String {
        let reach = "Other machines can reach this Bindle server."
        guard let token else {
            return hasOwnUsers
                ? "\(reach) It lets in the users and tokens that it was given." : "\(reach) It lets in everybody."
        }
        let place = token.path.map { "in \($0)" } ?? "of \(AccessToken.variable)"
        return "\(reach) It asks for the token \(place): as BINDLE_TOKEN, or as the password of any user."
    }
}
