/// A guest's descriptors by number. A new one has the lowest number that is free, as in POSIX.
struct DescriptorTable {
    private var slots: [Descriptor?] = []
    /// No number below it is free.
    private var lowestFree: Int
    /// How many descriptors the guest may have.
    let limit: Int
    /// Whether the guest was refused a descriptor for having as many as it may.
    private(set) var hasReachedLimit = false

    /// The descriptors that a guest has at its start: the standard streams, then the preopens.
    init(_ configuration: WASIConfiguration, _ resolver: PathResolver) {
        slots.reserveCapacity(3 + configuration.preopens.count)
        for source in [configuration.standardInput, configuration.standardOutput, configuration.standardError] {
            let stream = StandardStream(source)
            slots.append(Descriptor(.stream(stream), flags: stream.initialFlags, rights: stream.rights))
        }
        for preopen in configuration.preopens {
            slots.append(
                Descriptor(
                    .directory(preopen.directory(resolver)), preopenPath: preopen.guestPath,
                    rights: .applicableToDirectories, inheritingRights: .all))
        }
        lowestFree = slots.count
        limit = max(configuration.descriptorLimit, slots.count)
    }

    subscript(number: UInt32) -> Descriptor {
        get throws(ErrorNumber) {
            guard number < slots.count, let descriptor = slots[Int(number)] else { throw .badDescriptor }
            return descriptor
        }
    }

    /// The directory `number`.
    func directory(_ number: UInt32) throws(ErrorNumber) -> any OpenDirectory {
        guard case .directory(let directory) = try self[number].resource else { throw .notDirectory }
        return directory
    }

    mutating func update(
        _ number: UInt32, _ change: (inout Descriptor) throws(ErrorNumber) -> Void
    ) throws(ErrorNumber) {
        var descriptor = try self[number]
        try change(&descriptor)
        slots[Int(number)] = descriptor
    }

    /// Fails when the guest has no room for one more descriptor, before anything is opened for it.
    mutating func requireRoom() throws(ErrorNumber) {
        guard lowestFree < limit else {
            hasReachedLimit = true
            throw .tooManyOpenDescriptors
        }
    }

    /// Adds a descriptor and returns its number.
    mutating func insert(_ descriptor: Descriptor) throws(ErrorNumber) -> UInt32 {
        try requireRoom()
        let number = lowestFree
        if number == slots.count { slots.append(descriptor) } else { slots[number] = descriptor }
        lowestFree = slots[(number + 1)...].firstIndex { $0 == nil } ?? slots.count
        return UInt32(number)
    }

    /// Closes a descriptor.
    mutating func remove(_ number: UInt32) throws(ErrorNumber) {
        _ = try self[number]
        slots[Int(number)] = nil
        lowestFree = min(lowestFree, Int(number))
    }

    /// Moves `source` to the number of `target`, which it replaces.
    mutating func renumber(_ source: UInt32, to target: UInt32) throws(ErrorNumber) {
        let descriptor = try self[source]
        _ = try self[target]
        guard source != target else { return }
        slots[Int(target)] = descriptor
        try remove(source)
    }
}
