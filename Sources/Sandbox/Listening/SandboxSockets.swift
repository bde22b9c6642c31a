import HTTP

/// The two sockets that a sandbox listens on.
struct SandboxSockets {
    let app: ListeningSocket
    let bindle: ListeningSocket
    /// What was chosen otherwise than usual, in sentences.
    private(set) var notes: [String] = []

    /// How many ports are tried.
    private static let attempts: UInt16 = 100

    /// - Parameter defaultListen: where the app is served if the settings do not say.
    init(_ settings: SandboxSettings, defaultListen: SocketAddress = SandboxSettings.defaultListen) throws {
        var notes: [String] = []
        let listen = settings.listen ?? defaultListen
        switch settings.port {
        case nil: app = try Self.bind(listen)
        case .number(let port)?: app = try Self.bind(listen.withPort(port))
        case .automatic?: app = try Self.bindFree(from: listen, "The app", &notes)
        }
        // Who chooses a port does so because there is another sandbox, and has said nothing of this one.
        let usual = SandboxSettings.defaultBindleListen
        if let address = settings.bindleListen, settings.port != .automatic {
            bindle = try Self.bind(address, option: "--bindle-listen")
        } else if settings.port != nil {
            bindle = try Self.bindFree(from: settings.bindleListen ?? usual, "Bindles", &notes)
        } else {
            bindle = try Self.bind(usual, option: "--bindle-listen")
        }
        self.notes = notes
    }

    private static func bind(_ address: SocketAddress, option: String = "--listen") throws -> ListeningSocket {
        guard let socket = try listen(on: address) else {
            throw AddressTaken(address: address, holder: PortHolder.find(address.port), option: option)
        }
        return socket
    }

    private static func bindFree(
        from address: SocketAddress, _ what: String, _ notes: inout [String]
    ) throws -> ListeningSocket {
        for port in address.port...max(address.port, min(.max - attempts, address.port) + attempts) {
            guard let socket = try listen(on: address.withPort(port)) else { continue }
            if port != address.port {
                let holder = PortHolder.find(address.port).map { " by \($0)" } ?? ""
                let verb = what == "Bindles" ? "are" : "is"
                notes.append("Port \(address.port) is in use\(holder): \(what) \(verb) served at port \(port).")
            }
            return socket
        }
        throw AddressTaken(address: address, holder: nil, option: "--listen")
    }

    /// Listens on the address; `nil` if it is in use.
    private static func listen(on address: SocketAddress) throws -> ListeningSocket? {
        do {
            return try ListeningSocket(binding: address)
        } catch {
            if case .addressInUse = error { return nil }
            throw error
        }
    }
}

/// Another process listens where the sandbox should.
struct AddressTaken: Error, CustomStringConvertible {
    let address: SocketAddress
    let holder: PortHolder?
    let option: String

    var description: String {
        let by = holder.map { ", by \($0)" } ?? ""
        return """
            \(address) is in use\(by). Stop what listens there, name another address with \(option), or let hippo-dev \
            find free ports with '--port auto'.
            """
    }
}
