/// An error of a host function that the calls of the guest belong to, as those of a trap do.
///
/// Most of what host functions throw needs none, a program's ordinary end above all: then no names are looked up.
package protocol TracedError: Error {
    /// Whether ``Trap/frames`` are to have the calls that led to this error.
    var isTraced: Bool { get }
}
