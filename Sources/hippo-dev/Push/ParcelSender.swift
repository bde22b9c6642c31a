import Bindle
import CommandLineInterface
import Platform

/// How parcels are sent, and what is said of it.
enum TransferOptions {
    static let quiet = Option(flag: "quiet", shortName: "q", summary: "Say nothing unless something goes wrong.")
    static let noProgress = Option(flag: "no-progress", summary: "Show no progress, even on a terminal.")
    static let connections = Option(
        name: "connections", valueName: "N", summary: "How many parcels are sent at a time, 1 to 32.", defaultValue: "4"
    )
    static let output = Option(
        name: "output", shortName: "o", valueName: "WHAT", summary: "What to print in the end.",
        defaultValue: "message",
        kind: .choice(["message", "id", "none"]))

    static let all = [quiet, noProgress, connections, output]
}

/// Sends bindles to a server as the options of a command say, and tells of it.
struct ParcelSender {
    private let connections: Int
    private let showsProgress: Bool
    private let output: String

    init(_ arguments: ParsedArguments) throws {
        let wanted = try arguments.value(of: TransferOptions.connections, expecting: "a number from 1 to 32") { text in
            Int(text).flatMap { (1...32).contains($0) ? $0 : nil }
        }
        connections = wanted ?? 4
        let isQuiet = arguments.isSet(TransferOptions.quiet)
        showsProgress = !isQuiet && !arguments.isSet(TransferOptions.noProgress)
        output = isQuiet ? "none" : arguments[TransferOptions.output] ?? "message"
    }

    /// Pushes a bindle and says what was sent.
    func push(
        _ invoice: Invoice, to client: BindleClient, note: String = "", content: (Label) -> ParcelContent
    ) throws {
        let sent = try send(invoice, to: client, content: content)
        report(invoice.id, "Pushed \(invoice.id): \(sent)")
    }

    /// Pushes a bindle.
    /// - Returns: What was sent, for people.
    func send(
        _ invoice: Invoice, to client: BindleClient, content: (Label) -> ParcelContent
    ) throws -> String {
        let display = display(for: invoice.id)
        defer { display?.clear() }
        let observe = display.map { display in { @Sendable (progress: PushProgress) in display.show(progress) } }
        let start = ContinuousClock.now
        let result = try client.push(
            invoice, options: PushOptions(connections: connections, progress: observe), content: content)
        let sent = result.sent
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let bytes = sent.reduce(0) { $0 + $1.size }
        let parcels = "\(sent.count) of \(invoice.distinctLabels.count) parcels sent"
        let replaced = result.hasReplaced ? "replaced, " : ""
        return replaced
            + (sent.isEmpty
                ? "all parcels were there" : "\(parcels), \(Quantity.size(bytes)) in \(Quantity.decimal(seconds)) s")
    }

    /// A line on the terminal for what is sent; `nil` where there is none.
    func display(for id: BindleID) -> TransferDisplay? { showsProgress ? TransferDisplay(title: "\(id)") : nil }

    /// Says in the way that was asked for that it is done.
    func report(_ id: BindleID, _ message: String) {
        switch output {
        case "id": print(id)
        case "none": break
        default: StandardOutput.tell(message)
        }
    }
}
