package import Foundation

/// The conformance data that tests read in place: the folder that `HIPPO_TESTDATA` names, else `../shared/testdata`
/// seen from the package's root.
package enum TestData {
    /// The data's folder, or `nil` where it is absent.
    package static let directory: URL? = {
        let candidate: URL
        if let path = ProcessInfo.processInfo.environment["HIPPO_TESTDATA"] {
            candidate = URL(fileURLWithPath: path, isDirectory: true)
        } else {
            candidate = packageRoot.deletingLastPathComponent().appendingPathComponent(
                "shared/testdata", isDirectory: true)
        }
        return FileManager.default.fileExists(atPath: candidate.path) ? candidate : nil
    }()

    /// Whether the data is there; for `@Test(.enabled(if: TestData.isAvailable, TestData.absence))`.
    package static var isAvailable: Bool { directory != nil }

    /// What a skipped test says.
    package static let absence = "no conformance data: set HIPPO_TESTDATA to its folder"

    /// The root of this package.
    package static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
