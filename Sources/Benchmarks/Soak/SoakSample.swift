import Foundation

/// What a program needs of the machine: all its processes together.
struct SoakSample {
    /// Bytes that are in memory, shared ones counted in each process.
    let resident: Int
    /// The same, shared ones counted in parts (PSS).
    let proportional: Int
    let descriptors: Int
    let processes: Int

    /// Takes it of a process and its descendants.
    init(of root: Int32) {
        let members = ProcessTree.members(of: root)
        func sum(_ field: String) -> Int {
            members.reduce(0) { $0 + ProcessTree.memory(of: $1, field) }
        }
        resident = sum("Rss:")
        proportional = sum("Pss:")
        processes = members.count
        descriptors = members.reduce(0) { sum, process in
            sum + ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0)
        }
    }

    /// The middle ones of several.
    init(middleOf samples: [SoakSample]) {
        func middle(_ value: (SoakSample) -> Int) -> Int { samples.map(value).sorted()[samples.count / 2] }
        resident = middle(\.resident)
        proportional = middle(\.proportional)
        descriptors = middle(\.descriptors)
        processes = middle(\.processes)
    }

    var description: String {
        String(
            format: "RSS %.1f MB, PSS %.1f MB, %d descriptors, %d processes", Double(resident) / 1e6,
            Double(proportional) / 1e6, descriptors, processes)
    }

    /// What has grown by more than so large a part since `earlier`.
    func growth(since earlier: SoakSample, beyond part: Double) -> [String] {
        [
            ("RSS", resident, earlier.resident), ("PSS", proportional, earlier.proportional),
            ("descriptors", descriptors, earlier.descriptors),
        ].compactMap { name, now, before in
            let growth = Double(now - before) / Double(max(1, before))
            return growth <= part ? nil : String(format: "%@ grew by %.1f %%", name, growth * 100)
        }
    }
}
