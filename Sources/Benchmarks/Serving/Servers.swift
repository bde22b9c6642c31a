import Foundation
import HTTP

/// Starts the servers that can be found here.
struct Servers {
    private(set) var running: [RunningServer] = []
    /// Those that are not here, with the reason.
    private(set) var absent: [String] = []
    private let files: ServedFiles
    private let wanted: Set<String>

    /// - Parameters:
    ///   - programs: the builds of hippo-dev to measure.
    ///   - wanted: names of servers; all if empty.
    init(_ files: ServedFiles, programs: [String], wanted: Set<String>) {
        self.files = files
        self.wanted = wanted
        startNginx()
        startNode()
        startWasmtime()
        let own = files.workloads.union([.staticFile])
        for (number, program) in programs.enumerated() {
            let suffix = programs.count > 1 ? " (\(number + 1))" : ""
            start("up", suffix: suffix, program, own) { address in
                // Each has a project of its own: they are not to see each other's store.
                let project = files.directory.appendingPathComponent("project-\(number)")
                if !FileManager.default.fileExists(atPath: project.path) {
                    try FileManager.default.copyItem(at: files.project, to: project)
                }
                return ["up", project.path, "--listen", "\(address)", "--bindle-listen", "127.0.0.1:0"]
            }
            start("wagi", suffix: suffix, program, own.subtracting([.staticFile])) { address in
                ["wagi", "-c", files.modules.path, "--listen", "\(address)"]
            }
        }
    }

    func stop() {
        for server in running { server.stop() }
    }

    private mutating func start(
        _ name: String, suffix: String = "", _ program: String?, _ workloads: Set<Workload>,
        _ arguments: (SocketAddress) throws -> [String]
    ) {
        guard wanted.isEmpty || wanted.contains(name) else { return }
        guard let program else { return absent.append("\(name) is not on the PATH") }
        do {
            let log = files.directory.appendingPathComponent("\(name)\(suffix).log")
            running.append(
                try RunningServer(name + suffix, program, serves: workloads, log: log, arguments: arguments))
        } catch {
            absent.append("\(error)")
        }
    }

    /// One worker and no log: the least that it does for a file.
    private mutating func startNginx() {
        let (directory, project) = (files.directory.path, files.project.path)
        start("nginx", Programs.find("nginx"), [.staticFile]) { address in
            let configuration = """
                daemon off; master_process off; worker_processes 1; pid \(directory)/nginx.pid;
                error_log \(directory)/nginx-errors.log;
                events { worker_connections 2048; }
                http {
                    access_log off; sendfile on; keepalive_requests 100000000; default_type text/plain;
                    client_body_temp_path \(directory)/nginx-1; proxy_temp_path \(directory)/nginx-2;
                    fastcgi_temp_path \(directory)/nginx-3; uwsgi_temp_path \(directory)/nginx-4;
                    scgi_temp_path \(directory)/nginx-5;
                    server { listen \(address) backlog=1024; root \(project); }
                }
                """
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(directory)/nginx.conf"))
            return ["-p", directory, "-e", "\(directory)/nginx-errors.log", "-c", "\(directory)/nginx.conf"]
        }
    }

    private mutating func startNode() {
        let file = files.file.path
        start("node", Programs.find("node"), [.staticFile, .hello, .cgi]) { address in
            let script = Programs.peersDirectory.appendingPathComponent("serve-node.mjs").path
            return [script, "\(address.port)", file]
        }
    }

    private mutating func startWasmtime() {
        start("wasmtime", Programs.find("wasmtime"), [.hello]) { address in
            let guests = Programs.sourceDirectory.appendingPathComponent("Guests")
            return ["serve", "--addr", "\(address)", guests.appendingPathComponent("hello-component.wat").path]
        }
    }
}
