import Bindle
import CommandLineInterface
import ControlPage
import JSON
import Sandbox

extension Command {
    /// `hippo-dev channel`: places of their own at which releases are served.
    static let channel = Command(
        name: "channel",
        summary: "Serve releases beside the working copy, each channel at an address of its own.",
        discussion: """
            A channel serves releases of an app: the newest one of a range of versions, or one that it pins. While \
            'hippo-dev up' runs, it is at http://CHANNEL.APP.localhost:PORT/, where PORT is the app's. Its process has a \
            data directory of its own, is started when it is first asked for, and ended when it has been idle (15 \
            minutes, or channel-idle of [up] in hippo-dev.toml).

            A channel of the project's own app has the variables of hippo-dev.toml and .env, and its own on top. One of \
            another app has only its own.
            """,
        subcommands: [.channelAdd, .channelList, .channelSet, .channelRemove])

    private static let channelAdd = Command(
        name: "add",
        summary: "Make a channel.",
        discussion: "Without --range and --pin, it serves the newest release there is.",
        options: ChannelOptions.ofChange + ChannelOptions.common,
        arguments: [ChannelOptions.name],
        examples: [
            Example("hippo-dev channel add stable --range ^1.0.0", "Serve the newest release below 2.0.0."),
            Example("hippo-dev channel add demo --pin 1.2.0 --env GREETING=Hello", "Serve one release, and greet."),
        ],
        action: { arguments in
            let channels = try ProjectChannels(arguments)
            let key = try ChannelOptions.key(arguments, channels)
            let change = try ChannelOptions.change(arguments)
            print(ChannelText.line(try channels.add(key, change)))
            return .success
        })

    private static let channelSet = Command(
        name: "set",
        summary: "Change a channel. What is not named stays as it is.",
        options: ChannelOptions.ofChange + [ChannelOptions.unset, ChannelOptions.usualHost] + ChannelOptions.common,
        arguments: [ChannelOptions.name],
        examples: [Example("hippo-dev channel set stable --pin 1.1.0", "Go back to an earlier release.")],
        action: { arguments in
            let channels = try ProjectChannels(arguments)
            let key = try ChannelOptions.key(arguments, channels)
            var change = try ChannelOptions.change(arguments)
            change.variables += arguments.values(of: ChannelOptions.unset).map { ($0, nil) }
            if arguments.isSet(ChannelOptions.usualHost) {
                guard change.host == nil else {
                    throw UsageError("'--host' and '--usual-host' exclude each other")
                }
                change.host = .usual
            }
            guard change != ChannelChange() else { throw UsageError("nothing is to be changed: name an option") }
            print(ChannelText.line(try channels.set(key, change)))
            return .success
        })

    private static let channelRemove = Command(
        name: "remove",
        summary: "Remove a channel. Its releases and its data stay.",
        options: ChannelOptions.common,
        arguments: [ChannelOptions.name],
        action: { arguments in
            let channels = try ProjectChannels(arguments)
            let key = try ChannelOptions.key(arguments, channels)
            try channels.remove(key)
            print("Channel \(key) is removed")
            return .success
        })

    private static let channelList = Command(
        name: "list",
        summary: "List channels, and what each serves.",
        options: [ChannelOptions.json, HistoryOptions.project] + HistoryOptions.all,
        action: { arguments in
            let list = try ProjectChannels(arguments).list()
            if arguments.isSet(ChannelOptions.json) {
                print(JSONValue.array(list.map { .object($0) }).serialized)
            } else if list.isEmpty {
                print("There are no channels. 'hippo-dev channel add NAME' makes one.")
            } else {
                for channel in list { print(ChannelText.line(channel)) }
            }
            return .success
        })
}

private enum ChannelText {
    /// A channel in a line: its name, what it follows, what it serves, and where.
    static func line(_ channel: JSONObject) -> String {
        func text(_ name: String) -> String? { channel[name]?.string }
        let versions =
            text("pin").map { "pins \($0)" } ?? "follows \(text("range").flatMap { $0.isEmpty ? nil : $0 } ?? "*")"
        let release = text("release") ?? "no release"
        let state = text("state").map { " (\($0))" } ?? ""
        let place = text("url") ?? text("host") ?? ""
        let problem = text("error").map { "\n  \($0)" } ?? ""
        return "\(text("app") ?? "")/\(text("name") ?? "")  \(versions)  \(release)\(state)  \(place)\(problem)"
    }
}

private enum ChannelOptions {
    static let name = Argument("NAME", summary: "The channel's name.")
    static let app = Option(
        name: "app", valueName: "APP", summary: "The app whose releases are served. [default: the project's own]")
    static let range = Option(
        name: "range", valueName: "RANGE",
        summary: "Serve the newest release of this range of versions, such as ^1.2.0.")
    static let pin = Option(
        name: "pin", valueName: "VERSION", summary: "Serve this release, even if there are newer ones.")
    static let host = Option(
        name: "host", valueName: "HOST", summary: "Serve at this host. [default: CHANNEL.APP.localhost]")
    static let usualHost = Option(flag: "usual-host", summary: "Serve at CHANNEL.APP.localhost again.")
    static let variables = Option(
        name: "env", shortName: "e", valueName: "NAME=VALUE", summary: "A variable for the channel's modules.",
        isRepeatable: true)
    static let unset = Option(
        name: "unset", valueName: "NAME", summary: "Remove one of the channel's own variables.", isRepeatable: true)
    static let json = Option(flag: "json", summary: "Show the channels in JSON. Values of secrets are masked.")

    static let ofChange = [range, pin, host, variables]
    static let common = [app, HistoryOptions.project] + HistoryOptions.all

    static func key(_ arguments: ParsedArguments, _ channels: ProjectChannels) throws -> ChannelKey {
        ChannelKey(app: try arguments[app] ?? channels.app(), name: arguments[name] ?? "")
    }

    static func change(_ arguments: ParsedArguments) throws -> ChannelChange {
        var change = ChannelChange()
        let range = try arguments.value(of: range, expecting: "a range of versions like ^1.2.0") {
            try? VersionRange($0)
        }
        let pin = try arguments.value(of: pin, expecting: "a version like 1.2.0") { SemanticVersion($0) }
        guard range == nil || pin == nil else { throw UsageError("'--range' and '--pin' exclude each other") }
        change.selection = pin.map { .pin($0) } ?? range.map { .range($0) }
        change.host = arguments[host].map { .named($0) }
        for text in arguments.values(of: variables) {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw UsageError("'\(text)' after '--env' is not NAME=VALUE")
            }
            change.variables.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
        }
        return change
    }
}
