// What is in memory as one list of pointer and count is so as another one: all functions are the same.
static u32 list[4];
#define SAME(name, symbol) \
    EXPORT("test:types/lists#" name) u32 *symbol(u32 place, u32 count) { list[0] = place; list[1] = count; return list; }
SAME("bools", bools) SAME("s8s", s8s) SAME("u8s", u8s) SAME("s16s", s16s) SAME("u16s", u16s) SAME("s32s", s32s)
SAME("u32s", u32s) SAME("s64s", s64s) SAME("u64s", u64s) SAME("f32s", f32s) SAME("f64s", f64s) SAME("chars", chars)
SAME("strings", strings) SAME("lists", lists) SAME("records", records) SAME("tuples", tuples)
SAME("variants", variants) SAME("enums", enums) SAME("options", options) SAME("results", results)
SAME("bare-results", bare_results) SAME("flag-sets", flag_sets)

EXPORT("nothing") void nothing(void) {}

EXPORT("divide") u32 *divide(int a, int b) {
    static const char message[] = "divided by \"0\"";
    list[0] = b == 0;
    list[1] = b ? (u32)(a / b) : (u32)message;
    list[2] = sizeof message - 1;
    return list;
}

EXPORT("maybe") u32 *maybe(u32 has, u32 place, u32 count) {
    list[0] = has;
    list[1] = place;
    list[2] = count;
    return list;
}

EXPORT("double") double twice(double value) { return 2 * value; }
