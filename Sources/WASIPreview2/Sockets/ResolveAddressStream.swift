import HTTP
import Platform

/// The resource `resolve-address-stream` of `wasi:sockets/ip-name-lookup`: the addresses that a name stands for.
final class ResolveAddressStream: Awaitable {
    private let name: String
    private let lookup: Completion<Result<[SocketAddress.IP], NetworkErrorCode>>
    private var position = 0

    /// Begins to look a name up, unless it needs no looking up.
    ///
    /// - Throws: `invalidArgument` for what is no name, `accessDenied` for one that is not allowed.
    init(_ text: String, _ call: WASICall) throws {
        guard text.utf8.count <= 253 else { throw NetworkErrorCode.invalidArgument }
        let name = text.lowercased()
        self.name = name
        lookup = try Completion()
        if let ip = SocketAddress.parseIP(name) {
            lookup.complete(.success([ip]))
            return
        }
        guard Self.isName(name) else { throw NetworkErrorCode.invalidArgument }
        guard call.context.socketPolicy.allows(name: name) else {
            call.context.socketPolicy.reportRefusal(ofName: name)
            throw NetworkErrorCode.accessDenied
        }
        if ProxySettings.isLoopback(name) {
            lookup.complete(.success([.v4(0x7F00_0001), .v6(high: 0, low: 1, scope: 0)]))
            return
        }
        // The system's resolver cannot be interrupted: it is left to itself if nobody waits for it any more.
        let isStarted = call.context.threads.start(name: "names") { [lookup] in
            lookup.complete(Result { () throws(NetworkErrorCode) in try Self.addresses(of: name) })
        }
        if !isStarted { throw NetworkErrorCode.temporaryResolverFailure }
    }

    var readiness: Readiness { lookup.readiness }

    /// The next address; `nil` after the last.
    func next(_ call: WASICall) throws(NetworkErrorCode) -> SocketAddress.IP? {
        guard let outcome = lookup.outcome else { throw .wouldBlock }
        let addresses = try outcome.get()
        guard position < addresses.count else { return nil }
        let ip = addresses[position]
        position += 1
        call.context.resolved.add(ip, of: name)
        return ip
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
                default: false
                }
            }
    }

    private static func addresses(of name: String) throws(NetworkErrorCode) -> [SocketAddress.IP] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(name, nil, &hints, &list)
        guard result == 0 else { throw NetworkErrorCode(resolverError: result) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress.IP] = []
        var entry = list
        while let current = entry?.pointee {
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: current.ai_addr, count: Int(current.ai_addrlen)))
            }
            if let ip = SocketAddress(storage)?.ip, !ip.isMapped, !addresses.contains(ip) { addresses.append(ip) }
            entry = current.ai_next
        }
        guard !addresses.isEmpty else { throw .nameUnresolvable }
        return addresses
    }
}
