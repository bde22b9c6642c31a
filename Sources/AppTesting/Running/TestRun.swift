import Dispatch
import Platform
import Synchronization

/// Runs files of tests: files beside each other, the requests of a file one after the other.
package struct TestRun: Sendable {
    private let files: [TestFile]
    private let concurrency: Int
    private let filter: String?
    private let makeTarget: @Sendable (TestFile) throws -> any TestTarget
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - filter: a part of the names of those tests that are asked for, whatever their case. What they need of earlier
    ///     requests of their files is run, too. `nil` for all tests.
    ///   - concurrency: how many files are run at once, at least 1.
    ///   - makeTarget: gives each file an app of its own.
    package init(
        _ files: [TestFile], filter: String? = nil, concurrency: Int,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        makeTarget: @escaping @Sendable (TestFile) throws -> any TestTarget
    ) {
        self.files = files
        self.filter = filter
        self.concurrency = max(1, concurrency)
        self.now = now
        self.makeTarget = makeTarget
    }

    /// Runs the tests.
    ///
    /// - Parameter report: told of each file as soon as it is done, by one thread at a time.
    /// - Returns: the results in the order of the files.
    package func run(report: @escaping @Sendable (FileResult) -> Void) -> [FileResult] {
        let state = Mutex((next: 0, results: [FileResult?](repeating: nil, count: files.count)))
        let others = DispatchGroup()
        @Sendable func work() {
            while true {
                let index = state.withLock { state in
                    defer { state.next += 1 }
                    return state.next
                }
                guard index < files.count else { return }
                let result = run(files[index])
                state.withLock { state in
                    state.results[index] = result
                    if !result.tests.isEmpty { report(result) }
                }
            }
        }
        for _ in 1..<max(1, min(concurrency, files.count)) {
            others.enter()
            SystemThread.detach(name: "tests") {
                work()
                others.leave()
            }
        }
        work()
        others.wait()
        return state.withLock { $0.results.compactMap { $0 } }
    }

    private func run(_ file: TestFile) -> FileResult {
        let selected = TestSelection(file.tests, filter: filter)
        guard !selected.tests.isEmpty else { return FileResult(file: file.path, tests: []) }
        let target: any TestTarget
        do { target = try makeTarget(file) } catch {
            let failure = Mismatch(part: "app", lines: ["\(error)"])
            return FileResult(
                file: file.path,
                tests: selected.tests.map { result($0, file, .failed([failure]), .zero) })
        }
        var values: [String: String] = [:]
        var results: [TestResult] = []
        for test in selected.tests {
            let began = now()
            let outcome = outcome(of: test, target, &values)
            results.append(result(test, file, outcome, now() - began))
        }
        return FileResult(file: file.path, tests: results)
    }

    private func result(
        _ test: RequestTest, _ file: TestFile, _ outcome: TestResult.Outcome, _ duration: Duration
    ) -> TestResult {
        TestResult(name: test.name, file: file.path, line: test.line, outcome: outcome, duration: duration)
    }

    private func outcome(
        of test: RequestTest, _ target: any TestTarget, _ values: inout [String: String]
    ) -> TestResult.Outcome {
        if let missing = test.variables.first(where: { values[$0] == nil }) {
            return .skipped("'${\(missing)}' was not captured, because an earlier request has failed")
        }
        let request = TestRequest(
            method: test.method, path: test.path.text(values),
            headers: test.headers.map { ($0.name, $0.value.text(values)) },
            body: test.body.map { Array($0.text(values).utf8) })
        let response: TestResponse
        do { response = try target.response(to: request) } catch {
            return .failed([Mismatch(part: "response", lines: ["\(error)"])])
        }
        var mismatches = test.expectation.mismatches(with: response, values: values)
        for capture in test.captures {
            if let value = capture.value(in: response) {
                values[capture.name] = value
            } else {
                mismatches.append(capture.absence(in: response))
            }
        }
        return mismatches.isEmpty ? .passed : .failed(mismatches)
    }
}

extension RequestTest {
    /// The values of earlier responses that it takes.
    var variables: [String] {
        var names = path.variables + headers.flatMap(\.value.variables) + (body?.variables ?? [])
        names += expectation.headers.flatMap(\.value.variables)
        switch expectation.body {
        case .text(let text), .pattern(let text): names += text.variables
        case .json(let json): names += json.variables
        case nil: break
        }
        return names
    }
}
