import Foundation
import TestSupport

/// The configuration and cache directories of the user that tests run as, where the programs under test keep keys, tokens and
/// what they know to be valid: of its own, so that nothing of the real user's is read or written.
enum UserConfiguration {
    // It can be made wherever anything can be tested.
    private static let directory = try! TemporaryDirectory()

    static let environment = ["XDG_CONFIG_HOME": directory.path, "XDG_CACHE_HOME": directory.path + "/cache"]

    /// The access token that a sandbox has made, the only one in a configuration directory.
    static func accessToken(in directory: String) throws -> String {
        let tokens = directory + "/hippo/tokens"
        guard let name = try FileManager.default.contentsOfDirectory(atPath: tokens).first else {
            throw CocoaError(.fileNoSuchFile)
        }
        return try String(contentsOfFile: tokens + "/" + name, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// The environment of this process, with that directory, and what else is given.
    static func environment(adding other: [String: String] = [:]) -> [String: String] {
        ProcessInfo.processInfo.environment.merging(environment) { $1 }.merging(other) { $1 }
    }
}
