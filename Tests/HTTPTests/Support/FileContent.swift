import Content
import Foundation

/// The one file that is asked for.
struct FileContent: ContentSource {
    let path: String
    var owner = OpenContent.Owner.program

    func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .gone(name: name) }
        let content = OpenContent(adopting: descriptor, of: file, owner: owner)
        try content.verify(named: name)
        return content
    }
}
