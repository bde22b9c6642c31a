import Foundation

/// axe-core, which checks pages for accessibility, from the wheel of `axe-playwright-python`.
enum AxeCore {
    /// The wheel, if `python3 -m pip download --no-deps --dest .build/axe axe-playwright-python` has brought one.
    static let wheel: URL? = {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../.build/axe"
        ).standardizedFileURL
        let files = try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        return files?.first { $0.pathExtension == "whl" }
    }()

    struct Unusable: Error {}

    /// The script, which defines `axe`.
    static func script() throws -> String {
        guard let wheel else { throw Unusable() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1])"
                + ".read('axe_playwright_python/axe.min.js'))", wheel.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0, !data.isEmpty else { throw Unusable() }
        return String(decoding: data, as: UTF8.self)
    }
}
