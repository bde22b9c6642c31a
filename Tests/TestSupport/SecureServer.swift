import Foundation
package import HTTP

/// A server of Python's `ssl` with certificates that openssl has made: an authority of its own, and one that signs
/// itself.
package final class SecureServer {
    package let port: Int
    private let directory: TemporaryDirectory
    private let process = Process()

    package static let isPossible = ["/usr/bin/openssl", "/usr/bin/python3"].allSatisfy(
        FileManager.default.isExecutableFile)

    /// The file of the authority, in PEM.
    package var authorities: String { directory.path + "/ca.pem" }

    /// What a skipped test says.
    package static let absence = "python3 or openssl is not in /usr/bin"

    /// - Parameter name: what its certificate is for.
    package init(name: String = "localhost") throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        func openssl(_ arguments: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = directory.url
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw TestTool.Failure("openssl \(arguments)") }
        }
        try directory.write("subjectAltName=DNS:\(name)\n", to: "extensions")
        let key = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            "req", "-x509", "-newkey", key[0], key[1], key[2], key[3], "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=Test authority", "-days", "2")
        try openssl(
            "req", "-newkey", key[0], key[1], key[2], key[3], "-keyout", "key.pem", "-out", "request.pem", "-subj",
            "/CN=\(name)")
        try openssl(
            "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            "certificate.pem", "-days", "2", "-extfile", "extensions")
        let script = """
            import http.server, ssl, sys
            # A GET is answered with as many bytes as its path says, a POST with the sum of its bytes.
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = 'HTTP/1.1'
                def answer(self, body):
                    self.send_response(200)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def do_GET(self):
                    if self.path == '/port': return self.answer(str(self.client_address[1]).encode())
                    self.answer(b'x' * int(self.path[1:]))
                def do_POST(self):
                    body = self.rfile.read(int(self.headers['Content-Length']))
                    self.answer(str(sum(body)).encode())
                def log_message(self, *arguments): pass
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain('certificate.pem', 'key.pem')
            server.socket = context.wrap_socket(server.socket, server_side=True)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = directory.url
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.prefix { $0 != "\n" }) else { throw TestTool.Failure("no port for a server") }
        self.port = port
    }

    deinit {
        // It may have inherited a mask that holds gentler signals back.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    package func url(_ path: String) throws -> HTTPURL { try HTTPURL("https://localhost:\(port)/\(path)") }
}
