import Foundation

/// A process and all that come from it, by what `/proc` says.
enum ProcessTree {
    /// The process and its descendants that live now.
    static func members(of root: Int32) -> [Int32] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        var children: [Int32: [Int32]] = [:]
        for process in processes {
            guard let fields = statistics(of: process), fields.count > 1, let parent = Int32(fields[1]) else {
                continue
            }
            children[parent, default: []].append(process)
        }
        var members = [root]
        var index = 0
        while index < members.count {
            members += children[members[index]] ?? []
            index += 1
        }
        return members
    }

    /// Seconds of processor time that the process and its living descendants have had.
    static func processorTime(of root: Int32) -> Double {
        let ticks = members(of: root).reduce(0) { sum, process in
            guard let fields = statistics(of: process), fields.count > 12 else { return sum }
            return sum + (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
        }
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Bytes of memory of the process and its descendants, each page that several share counted once in parts.
    static func proportionalMemory(of root: Int32) -> Int {
        members(of: root).reduce(0) { $0 + memory(of: $1, "Pss:") }
    }

    /// Bytes that a field of `smaps_rollup` says of a process; 0 if it is gone.
    static func memory(of process: Int32, _ field: String) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field) }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return kilobytes << 10
    }

    /// The fields of `/proc/PID/stat` after the name, which may have blanks in it: state, parent and so on.
    private static func statistics(of process: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }
}
