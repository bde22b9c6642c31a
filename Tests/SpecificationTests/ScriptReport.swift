/// What became of one script.
struct ScriptReport: Sendable {
    struct Failure: Sendable {
        let line: Int
        let message: String
    }

    var passed = 0
    var failures: [Failure] = []
    /// Assertions that wait for a part of the engine, by that part.
    var unsupported: [String: Int] = [:]
}
