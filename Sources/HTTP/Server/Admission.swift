/// Whether a request whose head has arrived may be answered now.
package enum Admission: Hashable, Sendable {
    case proceed
    /// It may, and the response gets one more field, in place of any of that name that the handler sets.
    case proceedMarked(name: String, value: String)
    /// Not yet: it is asked about again within a millisecond or so, for as long as that is the answer. Meanwhile the
    /// connection may pass to another process.
    case wait
}
