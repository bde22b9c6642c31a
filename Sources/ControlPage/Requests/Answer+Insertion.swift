import SandboxProtocol

extension Answer {
    /// The answer without what the sandbox puts into pages so that they reload themselves, which is another one each time.
    var withoutInsertion: Answer {
        var answer = self
        let beginning = Array("<script src=\"/.hippo/reload.js\"".utf8)
        let end = Array("</script>".utf8)
        if let start = body.firstRange(of: beginning)?.lowerBound,
            let stop = body[start...].firstRange(of: end)?.upperBound
        {
            answer.body.removeSubrange(start..<stop)
            answer.total -= stop - start
            answer.fields.removeAll { $0.isNamed("Content-Length") }
        }
        for index in answer.fields.indices where answer.fields[index].isNamed("ETag") {
            let parts = answer.fields[index].valueText.split(separator: "/", maxSplits: 3)
            // W/"hippo-REVISION/s/TAG": the app's own tag.
            guard parts.count == 4, parts[0] == "W", parts[1].hasPrefix("\"hippo-") else { continue }
            answer.fields[index] = .init("ETag", (parts[2] == "w" ? "W/\"" : "\"") + parts[3])
        }
        return answer
    }
}
