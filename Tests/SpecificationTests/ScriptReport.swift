/// What became of one script.
struct ScriptReport: Sendable {
    struct Failure: Sendable {
        let line: Int
        let message: String
    }

    var passed = 0
    var failures: [Failure] = []
}
