import Platform

/// Asks a person before something is done that cannot be taken back.
enum Confirmation {
    /// Whether somebody agrees. Where nobody can be asked, nobody does, and that is said.
    ///
    /// - Parameters:
    ///   - question: Without the answers that it can have.
    ///   - alternative: What is said of the option with which nobody is asked.
    static func isGiven(_ question: String, otherwise alternative: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1 else {
            StandardError.tell("error: nobody can be asked here: \(alternative)")
            return false
        }
        try? StandardOutput.write("\(question) [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
