import Dispatch
import HTTP
import Platform
import Synchronization

/// The addresses that a server's name has. They are looked up on a thread of their own, and again when they get old: whoever
/// asks is answered at once, by what is known.
final class FrontAddresses: Sendable {
    typealias LookUp = @Sendable () throws -> [SocketAddress]

    private struct State {
        var known: Set<SocketAddress.IP> = []
        var isLooking = false
        /// From when on asking lets them be looked up: that an address is known, or is not.
        var due: (known: MonotonicTime, unknown: MonotonicTime) = (.distantPast, .distantPast)
    }

    /// How long an address is taken for the server's without another look.
    static let lifetime = Duration.seconds(30)
    /// How long an address that is not known is refused without another look: strangers may ask as often as they like.
    static let pause = Duration.seconds(1)

    private let state: Mutex<State>
    /// `nil` where the addresses are always the same.
    private let lookUp: LookUp?
    private let time: any TimeSource

    /// Of a server that needs no looking up: at an address, or on this machine.
    init(_ addresses: [SocketAddress]) {
        state = Mutex(State(known: Self.plain(addresses)))
        lookUp = nil
        time = .system
    }

    init(time: any TimeSource = .system, _ lookUp: @escaping LookUp) {
        state = Mutex(State())
        self.lookUp = lookUp
        self.time = time
    }

    /// Whether the server is known to have an address. Does not block.
    func contains(_ ip: SocketAddress.IP) -> Bool {
        let (isKnown, isDue) = state.withLock { state in
            let isKnown = state.known.contains(Self.plain(ip))
            return (isKnown, beginsLooking(&state, isKnown: isKnown))
        }
        if isDue { look() }
        return isKnown
    }

    /// Looks them up, and waits for the answer, but not for long.
    func lookUp(within patience: Duration) {
        guard state.withLock({ beginsLooking(&$0, isKnown: false) }) else { return }
        let isOver = DispatchSemaphore(value: 0)
        look { isOver.signal() }
        _ = isOver.wait(timeout: .now() + .nanoseconds(Int(patience.nanoseconds)))
    }

    private func beginsLooking(_ state: inout State, isKnown: Bool) -> Bool {
        guard lookUp != nil, !state.isLooking, time.now >= (isKnown ? state.due.known : state.due.unknown) else {
            return false
        }
        state.isLooking = true
        return true
    }

    private func look(onEnd: @escaping @Sendable () -> Void = {}) {
        SystemThread.detach(name: "front server", stackSize: 512 << 10) { [self] in
            // A name server that does not answer has not said that the server has moved.
            let found = try? lookUp?()
            state.withLock { state in
                if let found { state.known = Self.plain(found) }
                state.isLooking = false
                let now = time.now
                state.due = (now + Self.lifetime, now + Self.pause)
            }
            onEnd()
        }
    }

    private static func plain(_ addresses: [SocketAddress]) -> Set<SocketAddress.IP> {
        Set(addresses.map { plain($0.ip) })
    }

    /// An IPv4 address that a socket for both versions has as one of IPv6 (RFC 4291 section 2.5.5.2), as what it is.
    static func plain(_ ip: SocketAddress.IP) -> SocketAddress.IP {
        guard case .v6(high: 0, let low, _) = ip, low >> 32 == 0xFFFF else { return ip }
        return .v4(UInt32(truncatingIfNeeded: low))
    }
}
