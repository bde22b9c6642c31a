import Bindle
import SandboxProtocol
import Platform

/// A command for a POSIX shell that sends a request again by curl, whatever bytes are in it.
struct CurlCommand {
    let recording: RequestRecording
    /// The kept bytes of the request's body.
    let body: [UInt8]
    let masking: Masking
    /// Where the app is, for requests that do not say for which host they are.
    let appURL: String

    /// Fields that curl makes itself, or that are about the one connection.
    private static let left: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "expect", "upgrade", "te",
        "x-hippo-replay",
    ]
    /// Fields that curl sends if it is not told otherwise.
    private static let usual = ["Accept", "User-Agent"]

    /// Bytes, since neither targets nor fields have to be UTF-8.
    var bytes: [UInt8] {
        var words: [[UInt8]] = [Array("curl".utf8)]
        func add(_ word: String) { words.append(Array(word.utf8)) }
        let (url, target) = location
        // curl would take brackets for ranges, and remove dots from the path.
        add("-g")
        add("--path-as-is")
        switch recording.method {
        case "GET" where recording.requestBody.total == 0: break
        case "HEAD": add("-I")
        default:
            add("-X")
            words.append(Self.quoted(Array(recording.method.utf8)))
        }
        if let target {
            add("--request-target")
            words.append(Self.quoted(target))
        }
        for field in recording.fields where !Self.left.contains(field.nameText.lowercased()) {
            let field = masking.shown(field)
            add("-H")
            // A field without a value ends with a semicolon there: a colon removes it.
            words.append(
                Self.quoted(
                    field.value.isEmpty ? field.name + Array(";".utf8) : field.name + Array(": ".utf8) + field.value))
        }
        for name in Self.usual + (body.isEmpty ? [] : ["Content-Type"]) where recording.field(name) == nil {
            add("-H")
            words.append(Self.quoted(Array("\(name):".utf8)))
        }
        var command: [UInt8] = []
        if !recording.requestBody.isWhole {
            command += "# \(body.count) of \(recording.requestBody.total) bytes of the body are kept.\n".utf8
        }
        if !body.isEmpty {
            if Self.canBeArgument(body) {
                add("--data-raw")
                words.append(Self.quoted(body))
            } else {
                command += "printf %s '\(Base64.encode(body))' | base64 -d | ".utf8
                add("--data-binary")
                add("@-")
            }
        }
        words.append(Self.quoted(url))
        return command + words.joined(separator: [UInt8(ascii: " ")]) + Array("\n".utf8)
    }

    /// The URL, and the target where it is no path.
    private var location: (url: [UInt8], target: [UInt8]?) {
        let scheme = recording.isSecured ? "https" : "http"
        let host = recording.field("Host").flatMap { $0.isEmpty ? nil : $0 }
        var base = Array((host.map { "\(scheme)://\($0)" } ?? appURL).utf8)
        if base.last == UInt8(ascii: "/") { base.removeLast() }
        guard recording.target.first == UInt8(ascii: "/") else {
            return (base + Array("/".utf8), recording.target)
        }
        return (base + recording.target, nil)
    }

    /// Whether a body can stand in a command as it is: what people can read, and what no shell drops.
    private static func canBeArgument(_ body: [UInt8]) -> Bool {
        body.count <= 32 << 10 && String(validating: body, as: UTF8.self) != nil
            && body.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0A }
    }

    /// A word that a shell takes for these bytes: between quotation marks, nothing but the mark itself means anything.
    static func quoted(_ bytes: [UInt8]) -> [UInt8] {
        let mark = UInt8(ascii: "'")
        var quoted = [mark]
        for byte in bytes where byte != 0 {
            if byte == mark { quoted += Array(#"'\''"#.utf8) } else { quoted.append(byte) }
        }
        return quoted + [mark]
    }
}
