package import Testing

extension Trait where Self == TimeLimitTrait {
    /// Ends a test that hangs.
    ///
    /// The limit says nothing of how long a test may take: all tests begin at once, and on a slow machine one waits for
    /// minutes until it has its turn.
    package static var endsWhatHangs: Self { .timeLimit(.minutes(15)) }
}
