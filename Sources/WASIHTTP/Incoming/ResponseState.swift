/// What has become of the response to one request. An instance may answer several requests, one after the other; what it has
/// left of an earlier one says nothing about a later one.
final class ResponseState {
    var outcome = HTTPContext.Outcome.notSet
    /// Whether the request is over: what is written then goes nowhere.
    var isOver = false
}
