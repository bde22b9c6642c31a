package import Bindle
import HTTP

/// At which host a channel serves. See Channels.md in Sandbox.docc.
package enum ChannelHost {
    /// Characters of a label (RFC 1035 section 2.3.4).
    private static let longestLabel = 63
    private static let longestHost = 253

    /// The host that follows from the names: `CHANNEL.APP.localhost`.
    package static func usual(_ key: ChannelKey) -> String { "\(label(key.name)).\(label(key.app)).localhost" }

    /// A name as a label of a host: in lower case, with `-` for what a label cannot have.
    static func label(_ name: String) -> String {
        String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    /// Whether a text is a host that a browser can ask for, other than an address.
    static func isName(_ host: String) -> Bool {
        host.utf8.count <= longestHost && SocketAddress.parse("\(host):1") == nil
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        !label.isEmpty && label.utf8.count <= longestLabel
            && label.utf8.allSatisfy {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }
}

extension Channel {
    /// The host at which it serves, in lower case and without a port.
    package var servedHost: String { host ?? ChannelHost.usual(ChannelKey(self)) }
}
