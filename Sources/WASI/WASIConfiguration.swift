/// All that a guest is given at its start. One value serves any number of guests, at the same time too.
package struct WASIConfiguration: Sendable {
    /// The guest's arguments; the first is the name of the program. A NUL in one ends it, as in every C program.
    package var arguments: [String]
    /// The environment's variables, in the order in which the guest sees them.
    package var environment: [(String, String)]
    /// The directories that are open at the start, as descriptors 3, 4 and so on.
    package var preopens: [Preopen]
    package var standardInput: WASIStream
    package var standardOutput: WASIStream
    package var standardError: WASIStream
    /// How many descriptors the guest may have open at a time, its standard streams and preopens included.
    package var descriptorLimit: Int
    /// How people raise that limit, such as by an option's name; goes into messages.
    package var descriptorRemedy: String?
    /// The environment, prepared, in place of `environment`.
    package var environmentBlock: StringBlock?
    /// Runs what waits for a time or for a descriptor of the host: whoever runs many guests may let another one run
    /// meanwhile.
    package var whileWaiting: (@Sendable (_ wait: () -> Void) -> Void)?

    package init(
        arguments: [String] = [],
        environment: [(String, String)] = [],
        preopens: [Preopen] = [],
        standardInput: WASIStream = .empty,
        standardOutput: WASIStream = .discard,
        standardError: WASIStream = .discard,
        descriptorLimit: Int = 1_024
    ) {
        self.arguments = arguments
        self.environment = environment
        self.preopens = preopens
        self.standardInput = standardInput
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.descriptorLimit = descriptorLimit
    }
}
