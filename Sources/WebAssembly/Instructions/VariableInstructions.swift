/// Locals, globals and tables.
let variableInstructions: [Instruction] = [
    Instruction(.localGet, "local.get", .local),
    Instruction(.localSet, "local.set", .local),
    Instruction(.localTee, "local.tee", .local),
    Instruction(.globalGet, "global.get", .global),
    Instruction(.globalSet, "global.set", .global),
    Instruction(.tableGet, "table.get", .table),
    Instruction(.tableSet, "table.set", .table),
    Instruction(.tableInit, "table.init", .elementTable),
    Instruction(.elemDrop, "elem.drop", .element, Signature()),
    Instruction(.tableCopy, "table.copy", .tableTable),
    Instruction(.tableGrow, "table.grow", .table),
    Instruction(.tableSize, "table.size", .table),
    Instruction(.tableFill, "table.fill", .table),
]
