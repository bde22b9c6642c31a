// A WAGI handler with routes of its own: `_routes` tells which function answers which path below the one that
// HIPPOFACTS gives it.

/// Run once when the module is loaded; each line is a path and the exported function that answers it.
@_cdecl("_routes")
public func routes() {
    write("/random random_fact\n")
    write("/all all_facts\n")
}

/// Answers `/facts/random`, with `?SUBJECT` only from that subject.
@_cdecl("random_fact")
public func randomFact() {
    let subject = queryPieces().first
    let choice = facts.filter { fact in
        subject == nil || subject! == bytes(of: fact.subject)
    }
    guard !choice.isEmpty else {
        write("Status: 404 Not Found\nContent-Type: application/json\n\n{\"error\":\"no facts on that subject\"}\n")
        return
    }
    write("Content-Type: application/json\n\n")
    write(json(choice[randomNumber(below: choice.count)]))
    write("\n")
}

/// Answers `/facts/all`.
@_cdecl("all_facts")
public func allFacts() {
    write("Content-Type: application/json\n\n[")
    for index in facts.indices {
        if index > 0 { write(",\n ") }
        write(json(facts[index]))
    }
    write("]\n")
}

/// Answers `/facts` itself.
@_cdecl("_start")
public func start() {
    write("Content-Type: text/plain\n\nAsk /facts/random, /facts/random?sleep or /facts/all.\n")
}

func bytes(of text: StaticString) -> [UInt8] {
    text.withUTF8Buffer { Array($0) }
}

/// A fact as a JSON object. The texts hold nothing that JSON would have escaped.
func json(_ fact: Fact) -> [UInt8] {
    bytes(of: "{\"subject\":\"") + bytes(of: fact.subject) + bytes(of: "\",\"text\":\"") + bytes(of: fact.text)
        + bytes(of: "\"}")
}
