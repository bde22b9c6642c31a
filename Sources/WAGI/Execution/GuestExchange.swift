/// The way of one request into a guest, and of what it answers to the client.
protocol GuestExchange: AnyObject {
    /// The beginning of what the guest has written, for reports.
    var output: FailureReport.Output { get }
    /// What is odd about its answer.
    var warnings: [String] { get }
    /// What the guest waited for when its time was up, if it waited for its client.
    var interruptedWait: ClientWait? { get }

    /// Whether the guest has ended its response, and what it does after that changes nothing.
    var isFinished: Bool { get }

    /// Runs `wait`, which waits for something but the client; what the guest has written leaves before.
    func whileWaiting(_ wait: () -> Void)

    /// To be called when the guest has ended: fails when it has left the response incomplete.
    func finish() throws

    /// To be called when the guest has failed after it has begun to answer: see ``GuestResponse/endPage()``.
    func endPage() throws -> Bool
}
