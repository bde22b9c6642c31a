/// What is left of a path that is walked through a tree of values.
struct TreeWalk {
    enum Component {
        case current
        case parent
        case name([UInt8])
    }

    /// How many symbolic links one path may lead through.
    private static let linkLimit = 40

    /// The components to come, the next at the end.
    private var pending: [[UInt8]]
    private var linksFollowed = 0
    /// Whether a slash ends the path, so that it has to lead to a directory.
    private(set) var endsInSlash: Bool

    /// - Throws: `operationNotPermitted` for an absolute path, which leads out of every directory.
    init(_ path: GuestPath) throws(ErrorNumber) {
        guard !path.isAbsolute else { throw .operationNotPermitted }
        pending = Self.components(of: path).reversed()
        endsInSlash = path.endsInSlash
    }

    var isAtEnd: Bool { pending.isEmpty }

    /// The next component; `nil` at the end.
    mutating func next() throws(ErrorNumber) -> Component? {
        guard let name = pending.popLast() else { return nil }
        let dot = UInt8(ascii: ".")
        switch name.count {
        case 1 where name[0] == dot: return .current
        case 2 where name[0] == dot && name[1] == dot: return .parent
        case let count where count > GuestPath.maximumNameLength: throw .nameTooLong
        default: return .name(name)
        }
    }

    /// Goes on with a symbolic link's target before what is left.
    mutating func follow(_ target: GuestPath) throws(ErrorNumber) {
        guard !target.isAbsolute else { throw .operationNotPermitted }
        linksFollowed += 1
        guard linksFollowed <= Self.linkLimit else { throw .tooManySymbolicLinks }
        if pending.isEmpty, target.endsInSlash { endsInSlash = true }
        pending.append(contentsOf: Self.components(of: target).reversed())
    }

    private static func components(of path: GuestPath) -> [[UInt8]] {
        path.bytes.split(separator: GuestPath.slash).map { $0.map { UInt8(bitPattern: $0) } }
    }
}
