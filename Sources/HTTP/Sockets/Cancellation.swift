/// Whether a wait is to be given up, for a call that blocks.
///
/// It is asked before each wait, and again whenever a signal interrupts one: whoever makes it true sends a signal to the
/// thread that waits, of a kind that has a handler without `SA_RESTART`, and sends it again until the thread is seen to
/// have gone on, since the wait may have been just about to begin.
package typealias Cancellation = @Sendable () -> Bool
