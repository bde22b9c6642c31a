/// The tests of a file that are run.
struct TestSelection {
    let tests: [RequestTest]

    /// - Parameter filter: a part of the names of those that are asked for. The requests before them whose captures they
    ///   need are taken, too, and those that these need.
    init(_ all: [RequestTest], filter: String?) {
        guard let filter = filter?.lowercased() else {
            tests = all
            return
        }
        var needed = Set<String>()
        var selected: [RequestTest] = []
        for test in all.reversed() {
            let captures = test.captures.map(\.name)
            guard test.name.lowercased().contains(filter) || captures.contains(where: needed.contains) else { continue }
            needed.subtract(captures)
            needed.formUnion(test.variables)
            selected.append(test)
        }
        tests = selected.reversed()
    }
}
