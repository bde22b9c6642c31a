// Parses a JSON text of 1 MB twenty times by recursive descent: branches on bytes, calls, and a little allocation.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { elements = 12000, repetitions = 20 };

typedef struct {
    long values;
    double sum;
    unsigned hash;
} Summary;

static const char *next;
static Summary summary;

static void fail(void) {
    puts("malformed");
    exit(1);
}

static void skip_space(void) {
    while (*next == ' ' || *next == '\n' || *next == '\t' || *next == '\r') next++;
}

static void parse_string(void) {
    if (*next++ != '"') fail();
    while (*next != '"') {
        if (*next == '\0') fail();
        if (*next == '\\') next++;
        summary.hash = (summary.hash ^ (unsigned char)*next++) * 16777619u;
    }
    next++;
}

static double parse_number(void) {
    double sign = 1, value = 0, scale = 1;
    if (*next == '-') sign = -1, next++;
    if (*next < '0' || *next > '9') fail();
    while (*next >= '0' && *next <= '9') value = value * 10 + (*next++ - '0');
    if (*next == '.')
        for (next++; *next >= '0' && *next <= '9'; next++) value += (*next - '0') * (scale /= 10);
    return sign * value;
}

static void expect(const char *word) {
    size_t length = strlen(word);
    if (strncmp(next, word, length) != 0) fail();
    next += length;
}

static void parse_value(int depth) {
    if (depth > 100) fail();
    skip_space();
    summary.values++;
    switch (*next) {
    case '{':
        next++;
        for (skip_space(); *next != '}'; skip_space()) {
            parse_string();
            skip_space();
            if (*next++ != ':') fail();
            parse_value(depth + 1);
            skip_space();
            if (*next == ',') next++;
            skip_space();
        }
        next++;
        break;
    case '[':
        next++;
        for (skip_space(); *next != ']'; skip_space()) {
            parse_value(depth + 1);
            skip_space();
            if (*next == ',') next++;
        }
        next++;
        break;
    case '"': parse_string(); break;
    case 't': expect("true"); break;
    case 'f': expect("false"); break;
    case 'n': expect("null"); break;
    default: summary.sum += parse_number();
    }
}

int main(void) {
    char *text = malloc(elements * 128), *end = text;
    *end++ = '[';
    for (int i = 0; i < elements; i++)
        end += sprintf(end, "%s{\"id\": %d, \"name\": \"hippo \\\"%d\\\"\", \"weight\": %d.25, \"tags\": [\"a\", true, null]}",
                       i ? ",\n" : "", i, i * 7, i % 3000);
    strcpy(end, "]");
    for (int repetition = 0; repetition < repetitions; repetition++) {
        next = text;
        parse_value(0);
    }
    printf("%zu bytes, %ld values, sum %.2f, hash %08x\n", strlen(text), summary.values, summary.sum, summary.hash);
    return 0;
}
