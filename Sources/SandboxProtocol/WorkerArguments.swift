/// The command line of a WAGI process that a sandbox starts: the descriptors that it has inherited. All else, what may be
/// secret above all, goes over the control channel (see `WorkerConfiguration`), since every user of the machine can read
/// command lines.
///
/// See Handover.md in Sandbox.docc.
package struct WorkerArguments: Hashable, Sendable {
    /// The listening socket; `nil` where connections come through the queue only, as they do where TLS ends before it.
    package var listen: Int32?
    /// The process's end of the control channel.
    package var control: Int32
    /// Both ends of the queue of connections that pass from process to process.
    package var connections: Connections?
    /// The sending end of the queue to the sandbox, for connections whose requests are for another process.
    package var switchboard: Int32?
    /// The revision board.
    package var board: Int32?
    /// The queue of file changes.
    package var changes: Int32?
    /// The request log.
    package var log: Log?
    /// The memory of recordings.
    package var recordings: Int32?

    package struct Connections: Hashable, Sendable {
        package var sending: Int32
        package var receiving: Int32

        package init(sending: Int32, receiving: Int32) {
            self.sending = sending
            self.receiving = receiving
        }
    }

    package struct Log: Hashable, Sendable {
        package var memory: Int32
        package var wakeUp: Int32

        package init(memory: Int32, wakeUp: Int32) {
            self.memory = memory
            self.wakeUp = wakeUp
        }
    }

    /// The names of the options, without `--`.
    package enum Name: String, CaseIterable, Sendable {
        case listen = "listen-fd"
        case control = "control-fd"
        case sending = "pass-fd"
        case receiving = "receive-fd"
        case switchboard = "switchboard-fd"
        case board = "board-fd"
        case changes = "changes-fd"
        case log = "log-fd"
        case wakeUp = "wake-fd"
        case recordings = "recordings-fd"
    }

    package init(listen: Int32?, control: Int32) {
        self.listen = listen
        self.control = control
    }

    /// The arguments of the program, its command included.
    package var arguments: [String] {
        let values: [(Name, Int32?)] = [
            (.listen, listen), (.control, control), (.sending, connections?.sending),
            (.receiving, connections?.receiving), (.switchboard, switchboard), (.board, board),
            (.changes, changes),
            (.log, log?.memory), (.wakeUp, log?.wakeUp), (.recordings, recordings),
        ]
        return ["wagi"] + values.flatMap { name, value in value.map { ["--\(name.rawValue)", String($0)] } ?? [] }
    }

    /// Reads what `arguments` has written.
    ///
    /// - Parameter value: the value of the option with a name.
    /// - Returns: `nil` if one that is needed is missing, or one is not the number of a descriptor.
    package init?(_ value: (Name) -> String?) {
        var numbers: [Name: Int32] = [:]
        for name in Name.allCases {
            guard let text = value(name) else { continue }
            guard let number = Int32(text), number >= 0 else { return nil }
            numbers[name] = number
        }
        let listen = numbers[.listen]
        guard let control = numbers[.control], listen != nil || numbers[.receiving] != nil,
            (numbers[.sending] == nil) == (numbers[.receiving] == nil),
            (numbers[.log] == nil) == (numbers[.wakeUp] == nil)
        else { return nil }
        self.init(listen: listen, control: control)
        if let sending = numbers[.sending], let receiving = numbers[.receiving] {
            connections = Connections(sending: sending, receiving: receiving)
        }
        if let memory = numbers[.log], let wakeUp = numbers[.wakeUp] { log = Log(memory: memory, wakeUp: wakeUp) }
        switchboard = numbers[.switchboard]
        board = numbers[.board]
        recordings = numbers[.recordings]
        changes = numbers[.changes]
    }
}
