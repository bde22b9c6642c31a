package import SandboxProtocol

/// Something that happened in the sandbox, as it is told to people and to tools.
package enum Event: Hashable, Sendable {
    /// Nothing serves yet, and something is at the address of the app where pages wait: the project is being built by that
    /// command for the first time; or, without a command, it cannot be served as it is, as the failure that follows says.
    case starting(app: String, bindle: String, command: String?)
    /// The first revision serves.
    case ready(app: String, bindle: String, id: String, revision: Int)
    /// Changes were seen that may make a new revision; paths are relative to the project.
    case rebuilding(changed: [String])
    /// A rebuild has ended well, and this revision serves. It is the revision before it when nothing in the bindle has
    /// changed.
    case serving(revision: Int, id: String, isUnchanged: Bool, timings: [StageTiming])
    /// A rebuild has failed. What served before goes on serving.
    case failed(Failure)
    /// A request has been answered.
    case request(ServedRequest)
    /// Somebody wrote a line.
    case log(LogSource, text: String)
    /// The sandbox has ended. Nothing comes after it.
    case stopped(reason: String)
}

/// Who wrote a line of log.
package enum LogSource: Hashable, Sendable {
    /// The handler of that route, on its standard error; in the process of a channel if one is named.
    case guest(route: String, channel: ServedChannel? = nil)
    /// The build command.
    case build
    /// The sandbox itself: something worth knowing that is no failure.
    case sandbox

    /// The word for it in events.
    var word: String {
        switch self {
        case .guest: "guest"
        case .build: "build"
        case .sandbox: "sandbox"
        }
    }
}

/// Why a rebuild failed.
package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done.
    package enum Stage: String, Hashable, Sendable {
        /// The build command.
        case build
        /// Reading HIPPOFACTS and settings, and putting the bindle together.
        case assemble
        /// Putting the bindle into the store.
        case store
        /// Starting the WAGI process and loading the bindle in it.
        case launch
    }

    package let stage: Stage
    /// What is wrong and what to do, in complete sentences; may have several lines.
    package let message: String
    /// The file to look at: relative to the project if it is in it.
    package let file: String?
    /// 1-based.
    package let line: Int?
    /// 1-based.
    package let column: Int?

    package init(stage: Stage, message: String, file: String? = nil, line: Int? = nil, column: Int? = nil) {
        self.stage = stage
        self.message = message
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String {
        let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return place.isEmpty ? message : "\(place): \(message)"
    }
}
