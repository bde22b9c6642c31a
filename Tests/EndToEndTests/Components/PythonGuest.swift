import Foundation
import TestSupport

/// The programs of Python in `Guests`, as components. Each version of them is made once.
enum PythonGuest {
    /// Answers HTTP requests: `http.py`.
    static func handler(version: Int = 1) async throws -> URL {
        try await build("http", version, exports: "wasi:http/incoming-handler@0.2.4")
    }

    /// A command, which is a CGI program, too: `command.py`.
    static func command(version: Int = 1) async throws -> URL {
        try await build("command", version, exports: "wasi:cli/run@0.2.0")
    }

    /// - Parameter version: 1 for the program as it is; others are edited ones.
    private static func build(_ name: String, _ version: Int, exports: String) async throws -> URL {
        let program = try GuestSource.read("\(name).py").replacingOccurrences(
            of: "\"Python 1\"", with: "\"Python \(version)\"")
        return try await PythonComponent.build("\(name)-\(version)", program, exports: exports)
    }
}
