import Testing
import WebAssembly

@testable import ComponentModel

/// What becomes of a function's parameters and its result in core functions.
@Suite struct FunctionPlanTests {
    typealias ValueType = ComponentModel.ValueType
    typealias CoreFunctionType = WebAssembly.FunctionType

    private func plan(_ parameterCount: Int, to result: ValueType? = nil) -> FunctionPlan {
        var builder = LayoutTable.Builder()
        let parameters = (0..<parameterCount).map { ValueType.Field("p\($0)", $0 == 0 ? .u64 : .f32) }
        return FunctionPlan(ComponentModel.FunctionType(parameters, to: result), &builder)
    }

    /// An `i64`, and as many `f32` as are missing.
    private func core(_ count: Int) -> [CoreValueType] {
        count == 0 ? [] : [.i64] + Array(repeating: .f32, count: count - 1)
    }

    @Test("Sixteen core values of parameters are passed as they are; more stand in memory")
    func parameters() {
        for count in [0, 1, 15, 16] {
            let plan = plan(count)
            #expect(!plan.parametersAreInMemory)
            #expect(plan.parameterSlotCount == count)
            #expect(plan.liftedSlotCount == count)
            #expect(plan.liftedType == CoreFunctionType(parameters: core(count), results: []))
            #expect(plan.lowering.type == CoreFunctionType(parameters: core(count), results: []))
            #expect(!plan.lowering.parametersAreInMemory)
            #expect(plan.lowering.parameterSlotCount == count)
        }
        let many = plan(17)
        #expect(many.parametersAreInMemory)
        #expect(many.parameterSlotCount == 1)
        #expect(many.liftedType == CoreFunctionType(parameters: [.i32], results: []))
        #expect(many.lowering.type == CoreFunctionType(parameters: [.i32], results: []))
        #expect(many.lowering.parametersAreInMemory)
        #expect(many.lowering.parameterSlotCount == 1)
    }

    @Test(
        "One core value of a result is returned; where more are to be put is returned by what is lifted, and told to what is lowered"
    )
    func results() {
        let none = plan(2)
        #expect(none.result == nil)
        #expect(none.resultType == -1)
        #expect(!none.resultIsInMemory)
        #expect(none.resultSlotCount == 0)
        #expect(!none.lowering.resultIsInMemory)

        let one = plan(2, to: .f64)
        #expect(one.result != nil)
        #expect(one.resultType >= 0)
        #expect(!one.resultIsInMemory)
        #expect(one.resultSlotCount == 1)
        #expect(one.liftedType == CoreFunctionType(parameters: core(2), results: [.f64]))
        #expect(one.lowering.type == CoreFunctionType(parameters: core(2), results: [.f64]))
        #expect(!one.lowering.resultIsInMemory)

        let two = plan(2, to: .string)
        #expect(two.resultIsInMemory)
        #expect(two.resultSlotCount == 1)
        #expect(two.liftedSlotCount == 2)
        #expect(two.liftedType == CoreFunctionType(parameters: core(2), results: [.i32]))
        #expect(two.lowering.type == CoreFunctionType(parameters: core(2) + [.i32], results: []))
        #expect(two.lowering.resultIsInMemory)

        #expect(plan(0, to: .u8).liftedSlotCount == 1)
    }

    @Test("The place of a result is told after the parameters")
    func resultSlots() {
        let slots = UnsafeMutableRawPointer.allocate(byteCount: 24 * 8, alignment: 8)
        defer { slots.deallocate() }
        #expect(plan(3, to: .u32).lowering.resultSlots(slots) == slots)
        #expect(plan(3, to: .string).lowering.resultSlots(slots) == slots + 24)
        #expect(plan(17, to: .string).lowering.resultSlots(slots) == slots + 8)
    }

    @Test(
        "An asynchronous call passes four core values as they are, is told where the result goes, and returns its state"
    )
    func asynchronous() {
        let few = plan(4, to: .u8).asynchronousLowering
        #expect(few.isAsynchronous)
        #expect(!few.parametersAreInMemory)
        #expect(few.parameterSlotCount == 4)
        #expect(few.resultIsInMemory)
        #expect(few.type == CoreFunctionType(parameters: core(4) + [.i32], results: [.i32]))

        let many = plan(5).asynchronousLowering
        #expect(many.parametersAreInMemory)
        #expect(many.parameterSlotCount == 1)
        #expect(!many.resultIsInMemory)
        #expect(many.type == CoreFunctionType(parameters: [.i32], results: [.i32]))
        #expect(plan(17).asynchronousLowering.parametersAreInMemory)
        #expect(!plan(4).lowering.isAsynchronous)
        #expect(LoweringPlan.returned == 2)
    }
}
