import Platform
import Testing

@Suite("Things that nobody uses at the time")
struct IdleStackTests {
    @Test("The one used last is taken first, and no more are kept than the limit") func order() {
        var stack = IdleStack<Int>(limit: 2)
        #expect(stack.take() == nil)
        #expect(stack.giveBack(1) == false)
        #expect(stack.giveBack(2) == true)
        #expect(stack.giveBack(3) == true)
        #expect(stack.count == 2)
        #expect(stack.take() == 2 && stack.take() == 1 && stack.take() == nil)
    }

    @Test("What nobody has used between two looks goes, but for those that stay") func unused() {
        var stack = IdleStack<Int>(limit: 10, lastingCount: 2)
        for element in 1...5 { _ = stack.giveBack(element) }
        #expect(stack.takeUnused() == ([], true))
        // Two are used, and come back.
        let used = [stack.take(), stack.take()].compactMap { $0 }
        #expect(used == [5, 4])
        for element in used.reversed() { _ = stack.giveBack(element) }
        #expect(stack.takeUnused() == ([1, 2, 3], false))
        #expect(stack.takeUnused() == ([], false))
        #expect(stack.count == 2)
        #expect(stack.takeAll() == [4, 5] && stack.count == 0)
        #expect(stack.takeUnused() == ([], false))
    }
}
