import WebAssembly

/// How much work and memory the validation of a component may still take.
///
/// A component of a few kilobytes can describe types that are exponentially large: an instance type with two instances of
/// another such type, and so on; or a component type that is instantiated a thousand times. Everything that validation
/// makes or looks at counts as a step, so that it ends after a second and a few hundred megabytes, whatever multiplies.
struct WorkBudget {
    /// A component that componentize-py makes, which has more types than most, takes some ten thousand steps.
    static let limit = 4_000_000

    private var left = WorkBudget.limit

    mutating func spend(_ steps: Int, at offset: Int) throws(DecodingFailure) {
        left -= steps
        guard left >= 0 else {
            throw .unsupported(
                "the component's definitions and types are too many, or too big when they are put together: "
                    + "more than \(WorkBudget.limit) steps would be needed to check them", at: offset)
        }
    }
}
