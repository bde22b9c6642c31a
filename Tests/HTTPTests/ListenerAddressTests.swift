import HTTP
import Testing

/// Where to listen, as people write it.
struct ListenerAddressTests {
    @Test(
        "A port alone means the loopback interface", arguments: ["3000", ":3000", "localhost:3000", "127.0.0.1:3000"])
    func aPortAloneMeansTheLoopbackInterface(text: String) throws {
        let address = try #require(SocketAddress.parseListener(text))
        #expect(address == .loopback(port: 3000))
        #expect(address.reachableByOthers.isEmpty)
    }

    @Test("Only an address that is written out opens a port to others") func onlyAnAddressThatIsWrittenOut() throws {
        let all = try #require(SocketAddress.parseListener("0.0.0.0:3000"))
        #expect(all.ip == .v4(0))
        #expect(all.reachableByOthers.allSatisfy { !$0.isLoopback && $0.port == 3000 })
        let one = try #require(SocketAddress.parseListener("192.0.2.1:3000"))
        #expect(one.reachableByOthers == [one])
        #expect(SocketAddress.parseListener("[::1]:80")?.isLoopback == true)
    }

    @Test(
        "What is no address is refused", arguments: ["", ":", "65536", "host:1", "localhost", "-1", "3000x", "*:3000"])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(SocketAddress.parseListener(text) == nil)
    }
}
