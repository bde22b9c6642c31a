import Bindle
import Platform
import Sandbox

/// What the program has left on this machine.
struct Remains {
    struct Item: Hashable {
        /// A file or a directory; absolute.
        let path: String
        /// What it holds, for people.
        let content: String
    }

    /// The program itself.
    let program: Item
    /// The stores, in the projects that were served.
    let stores: [Item]
    /// Credentials, tokens and the list of projects.
    let settings: [Item]

    init(register: ProjectRegister = .ofThisUser) {
        let path = linkTarget("/proc/self/exe") ?? CommandLine.arguments.first ?? "hippo-dev"
        program = Item(path: path, content: "the program")
        stores = register.projects.map { $0 + "/.hippo" }.filter { FileStatus(path: $0)?.isDirectory == true }.map {
            Item(path: $0, content: "revisions, logs and digests of a project")
        }
        let directory = FilePath.parent(register.path)
        settings = [
            Item(path: directory + "/bindle.json", content: "credentials, which 'hippo-dev login' has left"),
            Item(path: directory + "/tokens", content: "tokens of stores that others can reach"),
            Item(path: directory + "/api", content: "accounts and tokens of those who publish to stores"),
            Item(path: register.path, content: "the list of projects that were served"),
        ].filter { FileStatus(path: $0.path) != nil }
    }

    var all: [Item] { stores + settings + [program] }
}

extension Remains.Item {
    /// What it takes on the disk, in bytes.
    var size: Int {
        var total = 0
        var paths = [path]
        while let next = paths.popLast() {
            guard let status = FileStatus(linkAt: next) else { continue }
            if status.isDirectory {
                paths += ((try? Directories.names(in: next)) ?? []).map { "\(next)/\($0)" }
            } else {
                total += Int(status.size)
            }
        }
        return total
    }
}
