/// What the instances of a store, which import from each other and from the host only, have at some moment: their
/// memories, tables and globals. It makes new stores have the same instances at once, without running anything.
///
/// Memories are mapped copy-on-write, so that nothing is copied before it is written; references to functions become
/// references to the new instances' functions. Ended sets of instances are kept for the next ones, as by
/// ``InstancePool``. All threads and stores may use an image.
///
/// See "How is a component instantiated at once?" in WebAssemblyRuntime.docc.
package final class InstanceImage: Sendable {
    private let templates: [InstanceTemplate]
    private let pool: InstanceSetPool

    /// Takes an image, for which no guest of the store may be running.
    ///
    /// - Parameter instances: Instances of one store, in an order by which they are numbered: that of their making.
    /// - Returns: nil if it cannot be: something is imported that belongs neither to one of the instances nor to the host
    ///   alone, such as a memory that the host made; a global or a table holds an object; or the system has no
    ///   anonymous files left.
    package init?(of instances: [Instance]) {
        guard instances.allSatisfy({ $0.head.pointee.isComplete }) else { return nil }
        precondition(instances.allSatisfy { $0.store === instances[0].store }, "the instances are of one store")
        let places = InstancePlaces(instances)
        var templates: [InstanceTemplate] = []
        for instance in instances {
            guard let template = InstanceTemplate(of: instance, places) else { return nil }
            templates.append(template)
        }
        self.templates = templates
        pool = InstanceSetPool(templates.map(\.translated))
    }

    /// Makes instances with the state that the image was taken of, in the same order. Functions of the host that they
    /// import are the same.
    ///
    /// - Throws: ``Trap/Kind/limitExceeded(_:)`` if the store has no room for their memories and tables.
    package func instantiate(in store: Store) throws(Trap) -> [Instance] {
        let kept = pool.take()
        let blocks = kept ?? templates.map { Instance.makeBlock(for: $0.translated, in: store) }
        let instances = blocks.map { Instance(context: $0, store: store) }
        // From here on the store gives the blocks up.
        store.keep(instances: zip(instances, templates).map { ($0.context, $1.translated) }, of: self)
        for instance in instances {
            instance.head.pointee.machine = store.machine
            instance.head.pointee.memory = store.emptyMemory
        }
        if kept == nil {
            // References may be to any instance's imports, so that these come first.
            for (template, instance) in zip(templates, instances) { template.makeImports(of: instance, in: blocks) }
            for (template, instance) in zip(templates, instances) { try template.fill(instance, in: blocks) }
        } else {
            for (template, instance) in zip(templates, instances) { try template.reset(instance, in: blocks) }
        }
        for (template, instance) in zip(templates, instances) { try template.makeMemories(of: instance) }
        for (template, instance) in zip(templates, instances) where !template.translated.module.memories.isEmpty {
            instance.head.pointee.memory = instance.head.pointee.memories[0]
        }
        for instance in instances { instance.head.pointee.isComplete = true }
        return instances
    }

    /// Takes the blocks of a set whose store ends.
    func give(_ blocks: [UnsafeMutableRawPointer]) {
        let areReusable = zip(templates, blocks).allSatisfy { $0.canReset($1) }
        pool.give(blocks, areReusable: areReusable)
    }
}
