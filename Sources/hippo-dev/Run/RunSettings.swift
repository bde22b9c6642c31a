import Bindle
import CommandLineInterface
import Platform
import WAGI
import WASI
import WASIExperimentalHTTP
import WebAssemblyRuntime

/// What the command line says of a run.
struct RunSettings {
    let path: String
    /// The guest's own arguments, or those of the function that is invoked.
    let words: [String]
    let invoked: String?
    let limits: StoreLimits
    let timeout: Duration?
    let traced: TracedCalls?
    let stubsImports: Bool
    let configuration: WASIConfiguration
    /// Where the guest may send requests.
    let outboundHTTP: OutboundHTTPPolicy

    init(_ arguments: ParsedArguments) throws {
        guard let path = arguments[RunOptions.module] else { throw UsageError("a MODULE is missing") }
        self.path = path
        words = arguments.values(of: RunOptions.moduleArguments)
        invoked = arguments[RunOptions.invoke]
        limits = try LimitOptions.storeLimits(arguments)
        timeout = try arguments.value(of: RunOptions.timeout, expecting: "a time like 30s", Duration.init(parsing:))
        outboundHTTP = try OutboundHTTPPolicy(
            allowedHosts: arguments.convertedValues(
                of: RunOptions.allowedOutbound, expecting: "a URL like https://example.com"
            ) { WAGIFeature.isAllowedHost($0) ? $0 : nil },
            tls: TLSOptions.guestPolicy, problemObserver: { StandardError.tell("note: \($0)") })
        stubsImports = arguments.isSet(RunOptions.stubImports)
        traced =
            arguments.isSet(RunOptions.traceAll) ? .all : arguments.isSet(RunOptions.trace) ? .boundary : nil

        // In the order of the command line within each option; those that can be written come first.
        let preopens =
            try arguments.convertedValues(of: RunOptions.directory, expecting: "a directory") {
                Preopen(mapping: $0, access: .readWrite)
            }
            + arguments.convertedValues(of: RunOptions.readOnlyDirectory, expecting: "a directory") {
                Preopen(mapping: $0, access: .readOnly)
            }
        for preopen in preopens { try preopen.open() }
        let variables = try arguments.convertedValues(
            of: RunOptions.environment, expecting: "NAME=VALUE, or the NAME of a variable that is set", Self.variable)
        var configuration = WASIConfiguration(
            arguments: [path.split(separator: "/").last.map(String.init) ?? path] + (invoked == nil ? words : []),
            environment: variables,
            preopens: preopens,
            standardInput: .fileDescriptor(STDIN_FILENO),
            standardOutput: .fileDescriptor(STDOUT_FILENO),
            standardError: .fileDescriptor(STDERR_FILENO))
        try LimitOptions.limitOpenFiles(arguments, of: &configuration)
        self.configuration = configuration
    }

    private static func variable(_ text: String) -> (String, String)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty else { return nil }
        if parts.count == 2 { return (name, parts[1]) }
        return getenv(name).map { (name, String(cString: $0)) }
    }

    // MARK: Running

    /// Runs a guest until it ends, or its time does, and says what went wrong.
    ///
    /// - Parameters:
    ///   - contextLimits: what the limits of the guest's files refused it.
    ///   - body: calls the guest.
    func run(
        in store: Store, contextLimits: () -> [String], _ body: () throws -> ExitCode
    ) throws -> ExitCode {
        let timer = DeadlineTimer()
        let ticket = timeout.map { timeout in
            timer.schedule(store, limit: timeout) {
                StandardError.tell("error: \(Self.timeoutMessage(timeout))")
                exit(134)
            }
        }
        do {
            defer { if let ticket { timer.cancel(ticket) } }
            return try body()
        } catch let trap as Trap {
            if let exit = trap.hostError as? ProcessExit {
                // A program that fails may do so because it was refused something.
                let limits = exit.code == 0 ? [] : store.limitDescriptions + contextLimits()
                for limit in limits { StandardError.tell("note: \(limit)") }
                return ExitCode(rawValue: Int32(exit.code & 0xFF))
            }
            for limit in contextLimits() { StandardError.tell("note: \(limit)") }
            StandardError.tell("error: \(describe(trap))")
            return ExitCode(rawValue: 134)
        }
    }

    /// What happened, then the calls that led there.
    private func describe(_ trap: Trap) -> String {
        if case .interrupted = trap.kind, let timeout {
            return Trap(
                kind: .limitExceeded(Self.timeoutMessage(timeout)), frames: trap.frames,
                omittedCallCount: trap.omittedCallCount
            ).description
        }
        return "\(path) trapped: \(trap)"
    }

    private static func timeoutMessage(_ timeout: Duration) -> String {
        let seconds = (timeout / .milliseconds(1)).rounded() / 1000
        return "the module was ended after \(seconds) seconds; '--timeout' sets how long it may run"
    }
}

extension Preopen {
    /// Reads `HOST::GUEST`, or `HOST` for a directory that has the same path for the guest.
    fileprivate init?(mapping text: String, access: Access) {
        guard let separator = text.firstRange(of: "::") else {
            guard !text.isEmpty else { return nil }
            self.init(hostPath: text, guestPath: text, access: access)
            return
        }
        let (host, guest) = (String(text[..<separator.lowerBound]), String(text[separator.upperBound...]))
        guard !host.isEmpty, !guest.isEmpty else { return nil }
        self.init(hostPath: host, guestPath: guest, access: access)
    }
}
